package io.pgqueuer.benchmarks.compare

import org.jobrunr.jobs.lambdas.JobRequest
import org.jobrunr.jobs.lambdas.JobRequestHandler
import org.jobrunr.jobs.mappers.JobMapper
import org.jobrunr.scheduling.JobRequestScheduler
import org.jobrunr.server.BackgroundJobServer
import org.jobrunr.server.BackgroundJobServerConfiguration
import org.jobrunr.server.JobActivator
import org.jobrunr.storage.sql.postgres.PostgresStorageProvider
import org.jobrunr.utils.mapper.jackson.JacksonJsonMapper

/** JobRunr, the free edition, with job requests: it does not have to analyse a lambda for each job then. */
internal class JobRunrPeer private constructor(
    private val schema: EmptySchema,
    ran: () -> Unit,
) : Peer {
    private val pool = schema.pool(WORKERS + OTHER_CONNECTIONS)
    private val json = JacksonJsonMapper()
    private val storage = PostgresStorageProvider(pool).apply { setJobMapper(JobMapper(json)) }
    private val scheduler = JobRequestScheduler(storage)
    private val server = BackgroundJobServer(
        storage,
        json,
        activator(Handler(ran)),
        BackgroundJobServerConfiguration.usingStandardBackgroundJobServerConfiguration()
            .andPollIntervalInSeconds(POLL_SECONDS)
            .andWorkerCount(WORKERS),
    )

    override fun enqueue(count: Int) = scheduler.enqueue(List(count) { Request(PAYLOAD) }.stream())

    override fun start() {
        server.start()
    }

    override fun left() = schema.number("SELECT count(*) FROM jobrunr_jobs WHERE state <> 'SUCCEEDED'")

    override fun close() {
        server.stop()
        storage.close()
        pool.close()
    }

    /** What is stored of a job. */
    internal data class Request(
        val payload: String = "",
    ) : JobRequest {
        override fun getJobRequestHandler() = Handler::class.java
    }

    internal class Handler(
        private val ran: () -> Unit,
    ) : JobRequestHandler<Request> {
        override fun run(jobRequest: Request) = ran()
    }

    companion object {
        private const val WORKERS = 50
        private const val OTHER_CONNECTIONS = 5

        /** The smallest value that it accepts. */
        private const val POLL_SECONDS = 5

        private fun activator(handler: Handler) = object : JobActivator {
            override fun <T> activateJob(type: Class<T>): T = type.cast(handler)
        }

        val candidate = Candidate(
            "JobRunr",
            Versions["jobrunr"],
            "$WORKERS workers, polls every $POLL_SECONDS s, a pool of ${WORKERS + OTHER_CONNECTIONS}; " +
                "`enqueue(Stream)` of job requests",
            ::JobRunrPeer,
        )
    }
}
