import io.pgqueuer.test.PostgresFixture
import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.Test

class WelcomeTest {
    @Test
    fun `the first example of the README runs`() = PostgresFixture.start().use { postgres ->
        runBlocking { main(arrayOf(postgres.dsn)) }
    }
}
