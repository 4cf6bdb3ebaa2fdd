package io.pgqueuer.web

import io.kotest.core.test.Enabled
import io.kotest.core.test.EnabledOrReasonIf
import org.openqa.selenium.By
import org.openqa.selenium.Dimension
import org.openqa.selenium.NoSuchElementException
import org.openqa.selenium.OutputType
import org.openqa.selenium.StaleElementReferenceException
import org.openqa.selenium.chrome.ChromeDriver
import org.openqa.selenium.chrome.ChromeDriverService
import org.openqa.selenium.chrome.ChromeOptions
import java.io.File
import java.nio.file.Path
import kotlin.io.path.createDirectories
import kotlin.io.path.writeBytes
import kotlin.time.Duration.Companion.seconds
import kotlin.time.TimeSource

/** A real browser without a window: Debian's chromium with its driver. */
internal class Browser(
    private val site: String,
    scripts: Boolean = true,
    dark: Boolean = false,
) : AutoCloseable {
    private val driver = ChromeDriver(
        ChromeDriverService.Builder().usingDriverExecutable(DRIVER).build(),
        ChromeOptions().apply {
            setBinary(CHROMIUM)
            // Chromium refuses to run as root in its sandbox. The pages are our own.
            addArguments(
                "--headless=new",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-dev-shm-usage",
                "--hide-scrollbars",
            )
            addArguments("--lang=en")
            if (dark) addArguments("--blink-settings=preferredColorScheme=0")
            if (!scripts) {
                setExperimentalOption("prefs", mapOf("profile.managed_default_content_settings.javascript" to 2))
            }
        },
    )

    init {
        resize(WIDE)
    }

    val title: String get() = checkNotNull(driver.title)
    val address: String get() = checkNotNull(driver.currentUrl)
    val text: String get() = textOf("body")

    fun open(path: String) = driver.get(site + path)

    fun textOf(css: String): String = steadily { driver.findElement(By.cssSelector(css)).text }

    fun count(css: String): Int = driver.findElements(By.cssSelector(css)).size

    /** Clicks the first element that [css] selects. */
    fun click(css: String) = steadily { driver.findElement(By.cssSelector(css)).click() }

    /** Clicks the first button or link that says [label]. */
    fun press(label: String) = steadily {
        driver.findElement(By.xpath("//*[(self::button or self::a) and normalize-space()='$label']")).click()
    }

    fun type(css: String, vararg keys: CharSequence) =
        steadily { driver.findElement(By.cssSelector(css)).sendKeys(*keys) }

    fun valueOf(css: String): String? = steadily { driver.findElement(By.cssSelector(css)).getDomProperty("value") }

    /** The page changes while a test looks at it. What was just replaced, or is not there yet, is looked for again. */
    private fun <T> steadily(look: () -> T): T {
        val patience = TimeSource.Monotonic.markNow() + 10.seconds
        while (true) {
            try {
                return look()
            } catch (e: StaleElementReferenceException) {
                if (patience.hasPassedNow()) throw e
            } catch (e: NoSuchElementException) {
                if (patience.hasPassedNow()) throw e
            }
        }
    }

    fun resize(width: Int) {
        driver.manage().window().size = Dimension(width, HEIGHT)
    }

    /** How far the page reaches beyond the window, in pixels. */
    fun overflow(): Long = driver.executeScript(
        "return document.documentElement.scrollWidth - document.documentElement.clientWidth",
    ) as Long

    /** What the browser complained of, such as scripts that the policy forbids. */
    fun complaints(): List<String> = driver.manage().logs().get("browser").all.map { it.message }

    /**
     * What keeps people from using the page, by the rules of axe-core for WCAG 2.1, levels A and AA: of each rule that is
     * broken, the first element that breaks it, and how.
     */
    fun barriers(): List<String> {
        driver.executeScript(AXE)
        val found = driver.executeAsyncScript(
            """
            const tell = arguments[arguments.length - 1];
            axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice'] }).then(
                result => tell(result.violations.map(rule => rule.id + ': ' + rule.nodes[0].html + ' ' +
                    rule.nodes[0].failureSummary + ' (' + rule.nodes.length + ' elements)')),
                failure => tell([String(failure)])
            );
            """,
        )
        return (found as List<*>).map { "$it" }
    }

    fun script(text: String): Any? = driver.executeScript(text)

    fun picture(file: Path) {
        file.parent.createDirectories()
        file.writeBytes(driver.getScreenshotAs(OutputType.BYTES))
    }

    override fun close() = driver.quit()

    companion object {
        const val WIDE = 1_280
        const val NARROW = 400
        private const val HEIGHT = 1_000
        private const val CHROMIUM = "/usr/bin/chromium"
        private val AXE = checkNotNull(Browser::class.java.getResource("/axe.min.js")).readText()
        private val DRIVER = File("/usr/bin/chromedriver")

        val isAvailable: EnabledOrReasonIf = { _ ->
            if (File(CHROMIUM).canExecute() && DRIVER.canExecute()) {
                Enabled.enabled
            } else {
                Enabled.disabled("there is no browser: install chromium and chromium-driver")
            }
        }
    }
}
