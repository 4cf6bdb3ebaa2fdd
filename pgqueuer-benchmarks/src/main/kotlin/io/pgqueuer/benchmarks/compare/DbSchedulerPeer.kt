package io.pgqueuer.benchmarks.compare

import com.github.kagkarlsson.scheduler.Scheduler
import com.github.kagkarlsson.scheduler.task.TaskDescriptor
import com.github.kagkarlsson.scheduler.task.helper.Tasks
import java.time.Duration
import java.time.Instant

/** db-scheduler with its polling strategy for high throughput, with the settings of the first measurement in its README. */
internal class DbSchedulerPeer private constructor(
    private val schema: EmptySchema,
    ran: () -> Unit,
) : Peer {
    private val descriptor = TaskDescriptor.of(ENTRYPOINT, String::class.java)
    private val pool = schema.pool(THREADS + OTHER_CONNECTIONS)
    private val scheduler: Scheduler
    private var lastId = 0L

    init {
        schema.execute(TABLE)
        scheduler = Scheduler.create(pool, Tasks.oneTime(descriptor).execute { _, _ -> ran() })
            .threads(THREADS)
            .pollUsingLockAndFetch(LOWER, UPPER)
            .pollingInterval(POLLING_INTERVAL)
            .build()
    }

    override fun enqueue(count: Int) {
        val instances = List(count) { descriptor.instance("${++lastId}").data(PAYLOAD).build() }
        scheduler.scheduleBatch(instances, Instant.now())
    }

    override fun start() = scheduler.start()

    override fun left() = schema.number("SELECT count(*) FROM scheduled_tasks")

    override fun close() {
        scheduler.stop()
        pool.close()
    }

    companion object {
        private const val THREADS = 20
        private const val LOWER = 4.0
        private const val UPPER = 20.0
        private const val OTHER_CONNECTIONS = 5
        private val POLLING_INTERVAL = Duration.ofSeconds(1)

        // The columns and indexes that it needs, without the index for priorities, which are off.
        private val TABLE = """
            CREATE TABLE scheduled_tasks (
                task_name text,
                task_instance text,
                task_data bytea,
                execution_time timestamptz,
                picked boolean NOT NULL,
                picked_by text,
                last_success timestamptz,
                last_failure timestamptz,
                consecutive_failures int,
                last_heartbeat timestamptz,
                version bigint NOT NULL,
                priority smallint,
                state text,
                PRIMARY KEY (task_name, task_instance)
            );
            CREATE INDEX ON scheduled_tasks (execution_time);
            CREATE INDEX ON scheduled_tasks (last_heartbeat);
        """.trimIndent()

        val candidate = Candidate(
            "db-scheduler",
            Versions["db-scheduler"],
            "lock-and-fetch $LOWER, $UPPER; $THREADS threads, a pool of ${THREADS + OTHER_CONNECTIONS}; `scheduleBatch`",
            ::DbSchedulerPeer,
        )
    }
}
