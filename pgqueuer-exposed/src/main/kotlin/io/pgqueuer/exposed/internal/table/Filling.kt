package io.pgqueuer.exposed.internal.table

import io.pgqueuer.NewJob
import io.pgqueuer.exposed.internal.sql.SqlArray

/**
 * How an enqueue fills a [column]: from [parameters] of the statement, or as a field of a COPY.
 *
 * @property value SQL of what is stored, made of the names of the [parameters].
 * @property copy writes the field of a job; it is given the time of the transaction, in microseconds since 1970.
 */
internal class Filling(
    val column: Column,
    val parameters: List<Parameter<*, *>>,
    val value: String,
    val copy: CopyOut.(job: NewJob, now: Long) -> Unit,
) {
    companion object {
        /**
         * One parameter with the name of the column.
         *
         * @param type the SQL type of the parameter; [cast] converts it to the type of the column.
         * @param of returns the property of a job that decides the column; [encode] converts it to the stored value.
         */
        inline fun <V, reified T> of(
            column: Column,
            type: String,
            noinline of: (NewJob) -> V,
            noinline encode: (V) -> T,
            noinline copy: CopyOut.(T) -> Unit,
            cast: String = "",
        ) = Filling(column, listOf(Parameter.of(column.name, type, of, encode)), column.name + cast) { job, _ ->
            copy(encode(of(job)))
        }
    }
}

/** A parameter of the enqueue: one value if it is the same for all jobs of a batch, otherwise an array. */
internal class Parameter<V, T>(
    val name: String,
    val type: String,
    private val of: (NewJob) -> V,
    private val encode: (V) -> T,
    private val array: (Int, (Int) -> T) -> Array<T>,
) {
    fun isTheSameFor(jobs: List<NewJob>): Boolean = of(jobs.first()).let { first -> jobs.all { of(it) == first } }

    fun valueFor(job: NewJob): T = encode(of(job))

    fun toArray(jobs: List<NewJob>) = SqlArray(type, array(jobs.size) { valueFor(jobs[it]) })

    companion object {
        /** The driver needs an array whose elements have the right class. */
        inline fun <V, reified T> of(
            name: String,
            type: String,
            noinline of: (NewJob) -> V,
            noinline encode: (V) -> T,
        ) = Parameter(name, type, of, encode) { size, value -> Array(size, value) }
    }
}
