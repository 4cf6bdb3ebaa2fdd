package io.pgqueuer.cli.torture

/**
 * What a worker process runs.
 *
 * @property factory makes its worker.
 * @property options how it runs: options of `pgq run`.
 * @property arguments follow the record's file as arguments of [factory].
 */
internal class WorkerKind(
    val factory: String,
    val options: Map<String, String>,
    val arguments: List<String> = emptyList(),
)
