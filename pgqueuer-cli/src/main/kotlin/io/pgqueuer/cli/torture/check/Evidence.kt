package io.pgqueuer.cli.torture.check

import io.pgqueuer.cli.torture.record.Fault
import io.pgqueuer.cli.torture.record.Tables
import io.pgqueuer.cli.torture.record.Told
import io.pgqueuer.cli.torture.record.WorkerRecord
import kotlin.time.Duration

/**
 * All that is known about a torture once it is over.
 *
 * All processes are on one machine, so all times are of one clock.
 *
 * @property troubles what went wrong with the torture's own processes.
 */
internal class Evidence(
    val tables: Tables,
    val records: List<WorkerRecord>,
    val faults: List<Fault>,
    val told: Told,
    val rules: Rules,
    val troubles: List<String> = emptyList(),
)

/**
 * What the workers were told.
 *
 * @property limits the concurrency limits by entrypoint.
 * @property maxRescues a job is held if its lease expires this often in a row.
 */
internal class Rules(
    val limits: Map<String, Int>,
    val leaseTimeout: Duration,
    val maxRescues: Int,
)
