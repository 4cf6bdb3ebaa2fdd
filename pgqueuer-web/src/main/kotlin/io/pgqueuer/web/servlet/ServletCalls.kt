package io.pgqueuer.web.servlet

import io.pgqueuer.web.Dashboard
import io.pgqueuer.web.DashboardRequest
import io.pgqueuer.web.DashboardResponse
import jakarta.servlet.AsyncContext
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.CoroutineName
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.cancel
import kotlinx.coroutines.job
import kotlinx.coroutines.launch
import org.slf4j.LoggerFactory
import java.io.IOException

/** Answers requests to a servlet in coroutines, one each. */
internal class ServletCalls(
    private val dashboard: Dashboard,
) : AutoCloseable {
    private val scope = CoroutineScope(SupervisorJob() + Dispatchers.Default + CoroutineName("pgqueuer dashboard"))

    /** How many requests are not answered yet, streams included. */
    val open: Int get() = scope.coroutineContext.job.children.count()

    /** Answers [request] by [async]. To be called on the thread that [async] was started on. */
    fun start(async: AsyncContext, request: DashboardRequest) {
        val output = ServletOutput(async)
        val call = scope.launch(start = CoroutineStart.LAZY) { answer(request, output) }
        output.begin(whenGone = { call.cancel() })
        call.invokeOnCompletion { output.complete() }
        call.start()
    }

    private suspend fun answer(request: DashboardRequest, output: ServletOutput) {
        try {
            send(dashboard.answer(request), isHead = request.method == "HEAD", output)
        } catch (e: CancellationException) {
            throw e
        } catch (e: IOException) {
            log.debug("the client of {} {} has gone", request.method, request.path, e)
        } catch (e: Exception) {
            log.error("{} {} could not be answered", request.method, request.path, e)
            output.fail()
        }
    }

    private suspend fun send(response: DashboardResponse, isHead: Boolean, output: ServletOutput) {
        when (val body = response.body) {
            is DashboardResponse.Body.Bytes -> {
                output.head(response, body.bytes.size)
                if (!isHead) output.write(body.bytes)
            }

            is DashboardResponse.Body.Events -> {
                output.head(response, length = null)
                if (!isHead) body.texts.collect { output.writeNow(it.encodeToByteArray()) }
            }
        }
    }

    override fun close() {
        scope.cancel()
    }

    private companion object {
        val log = LoggerFactory.getLogger(ServletCalls::class.java)
    }
}
