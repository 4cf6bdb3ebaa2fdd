package consumer

import io.pgqueuer.RetryRequested
import io.pgqueuer.test.inMemoryPgQueuer
import kotlinx.coroutines.test.advanceTimeBy
import kotlinx.coroutines.test.runTest
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Test
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds

@OptIn(kotlinx.coroutines.ExperimentalCoroutinesApi::class)
class RetryTest {
    @Test
    fun `a mail that fails is sent again after five minutes`() = runTest {
        val sent = mutableListOf<Int>()
        val pgq = inMemoryPgQueuer {
            entrypoint("mail") {
                sent += attempt
                if (attempt == 1) throw RetryRequested(5.minutes)
            }
        }
        pgq.queue.enqueue("mail")
        pgq.start()
        advanceTimeBy(5.minutes)
        assertEquals(listOf(1), sent)
        advanceTimeBy(1.seconds)
        assertEquals(listOf(1, 2), sent)
        pgq.assertNoFailures()
    }
}
