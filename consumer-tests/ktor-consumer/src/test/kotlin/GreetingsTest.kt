import io.ktor.client.request.post
import io.ktor.client.statement.bodyAsText
import io.ktor.server.testing.testApplication
import io.pgqueuer.memory.inMemoryBackend
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Test
import java.util.concurrent.LinkedBlockingQueue
import java.util.concurrent.TimeUnit

class GreetingsTest {
    @Test
    fun aCallEnqueuesAJobThatTheApplicationRuns() = testApplication {
        val greeted = LinkedBlockingQueue<String>()
        application { greetings(inMemoryBackend(), greeted::add) }
        assertEquals("1", client.post("/greetings").bodyAsText())
        assertEquals("hello", greeted.poll(10, TimeUnit.SECONDS))
    }
}
