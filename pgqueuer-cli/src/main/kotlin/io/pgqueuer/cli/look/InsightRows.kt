package io.pgqueuer.cli.look

import io.pgqueuer.RunTimes
import io.pgqueuer.TableSize
import io.pgqueuer.Throughput

/** How often jobs of an entrypoint reached a status. */
internal fun throughputRow(throughput: Throughput) = Row(
    "entrypoint" to throughput.entrypoint,
    "status" to throughput.status.label,
    "count" to throughput.count,
    "estimate" to throughput.isEstimate,
)

/** How long the runs of an entrypoint took, and how long their jobs had waited. */
internal fun runTimesRow(times: RunTimes) = Row(
    "entrypoint" to times.entrypoint,
    "runs" to times.count,
    "run_p50" to times.runTime.p50,
    "run_p95" to times.runTime.p95,
    "run_p99" to times.runTime.p99,
    "wait_p50" to times.waitTime?.p50,
    "wait_p95" to times.waitTime?.p95,
    "wait_p99" to times.waitTime?.p99,
)

/** The size of a table. */
internal fun tableRow(size: TableSize) = Row(
    "table" to size.table,
    "rows" to size.rows,
    "dead_rows" to size.deadRows,
    "size" to size.bytes?.let(::Bytes),
    "index_size" to size.indexBytes?.let(::Bytes),
)
