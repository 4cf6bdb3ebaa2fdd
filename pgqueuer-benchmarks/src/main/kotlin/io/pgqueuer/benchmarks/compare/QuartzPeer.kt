package io.pgqueuer.benchmarks.compare

import org.quartz.Job
import org.quartz.JobBuilder
import org.quartz.Scheduler
import org.quartz.Trigger
import org.quartz.TriggerBuilder
import org.quartz.impl.StdSchedulerFactory
import org.quartz.impl.jdbcjobstore.JobStoreTX
import org.quartz.impl.jdbcjobstore.PostgreSQLDelegate
import org.quartz.simpl.SimpleThreadPool
import org.quartz.utils.ConnectionProvider
import org.quartz.utils.DBConnectionManager
import java.sql.Connection
import java.util.Properties
import java.util.UUID
import javax.sql.DataSource

/** Quartz with its JDBC job store: one durable job, and for each run a trigger that fires once. */
internal class QuartzPeer private constructor(
    private val schema: EmptySchema,
    ran: () -> Unit,
) : Peer {
    private val pool = schema.pool(THREADS + OTHER_CONNECTIONS)
    private val scheduler: Scheduler
    private val job = JobBuilder.newJob(NoOp::class.java).withIdentity(ENTRYPOINT).storeDurably().build()
    private var lastId = 0L

    init {
        schema.execute(script())
        val source = "bench-${UUID.randomUUID()}"
        DBConnectionManager.getInstance().addConnectionProvider(source, Connections(pool))
        scheduler = StdSchedulerFactory(properties(source)).scheduler
        scheduler.setJobFactory { _, _ -> NoOp(ran) }
        scheduler.addJob(job, true)
    }

    override fun enqueue(count: Int) {
        val triggers = List(count) {
            TriggerBuilder.newTrigger().withIdentity("${++lastId}").usingJobData("payload", PAYLOAD).build()
        }
        scheduler.scheduleJobs(mapOf(job to triggers.toSet<Trigger>()), true)
    }

    override fun start() = scheduler.start()

    // A trigger that has fired is deleted at once. Its row in the second table is deleted when the job has ended.
    override fun left() =
        schema.number("SELECT (SELECT count(*) FROM qrtz_triggers) + (SELECT count(*) FROM qrtz_fired_triggers)")

    override fun close() {
        scheduler.shutdown(true)
        pool.close()
    }

    private class NoOp(
        private val ran: () -> Unit,
    ) : Job {
        override fun execute(context: org.quartz.JobExecutionContext) = ran()
    }

    /** Quartz asks for connections by the name of their provider. */
    private class Connections(
        private val source: DataSource,
    ) : ConnectionProvider {
        override fun getConnection(): Connection = source.connection

        override fun initialize() {}

        override fun shutdown() {}
    }

    companion object {
        /** It advises 50 or 100 for tens of thousands of jobs. With 100, the default of max_connections would be too low. */
        private const val THREADS = 90
        private const val OTHER_CONNECTIONS = 3

        private fun script(): String =
            checkNotNull(JobStoreTX::class.java.getResource("tables_postgres.sql")).readText()

        private fun properties(source: String) = Properties().apply {
            this["org.quartz.scheduler.instanceName"] = source
            this["org.quartz.scheduler.batchTriggerAcquisitionMaxCount"] = "$THREADS"
            this["org.quartz.threadPool.class"] = SimpleThreadPool::class.java.name
            this["org.quartz.threadPool.threadCount"] = "$THREADS"
            this["org.quartz.jobStore.class"] = JobStoreTX::class.java.name
            this["org.quartz.jobStore.driverDelegateClass"] = PostgreSQLDelegate::class.java.name
            this["org.quartz.jobStore.dataSource"] = source
            // Required if more than one trigger is acquired at once.
            this["org.quartz.jobStore.acquireTriggersWithinLock"] = "true"
            // Otherwise a trigger that waits for a minute is written again, as missed.
            this["org.quartz.jobStore.misfireThreshold"] = "3600000"
        }

        val candidate = Candidate(
            "Quartz",
            Versions["quartz"],
            "$THREADS threads, batchTriggerAcquisitionMaxCount $THREADS, not clustered, a pool of " +
                "${THREADS + OTHER_CONNECTIONS}; `scheduleJobs`",
            ::QuartzPeer,
        )
    }
}
