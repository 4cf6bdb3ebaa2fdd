package io.pgqueuer.exposed.internal.schema

import io.pgqueuer.DifferenceType
import io.pgqueuer.SchemaDifference
import io.pgqueuer.SchemaException

/**
 * What a [SchemaCheck] has found.
 *
 * @param present what is there of the objects that a queue needs, and [absent] what is not.
 * @param elsewhere a schema whose name differs in case only, and that has a queue; null if there is none.
 */
internal class SchemaFindings(
    private val differences: List<SchemaDifference>,
    private val present: List<SchemaObject>,
    private val absent: List<SchemaObject>,
    val nothingIsThere: Boolean,
    private val elsewhere: String?,
) {
    private val errors = differences.filter { it.isError }

    val allIsThere: Boolean get() = errors.isEmpty()

    val warnings: List<SchemaDifference> get() = differences.filter { !it.isError }

    /** Whether an upgrade fixes all errors. */
    val isUpgradable: Boolean get() = !nothingIsThere && errors.all { it.fix == SchemaCheck.UPGRADE }

    /** Says what is wrong, and what repairs it. */
    fun failure(): SchemaException = when {
        nothingIsThere -> SchemaException(
            "the queue is not installed: it lacks ${absent.joinToString()}; ${installFix()}",
            listOf(nothing()),
        )

        isUpgradable -> SchemaException(
            "the queue's schema is Python PgQueuer's or older: ${problems()}; ${SchemaCheck.UPGRADE}",
            differences,
        )

        else -> SchemaException(
            "the queue is installed in part: ${problems()}; restore that, or run `pgq uninstall`, which removes all " +
                "jobs, and `pgq install`",
            differences,
        )
    }

    /** Says what is there. */
    fun presence(): SchemaException = SchemaException(
        "the queue is installed: there is ${present.joinToString()}; run `pgq uninstall`, or check prefix and schema",
        present.map {
            val problem = "$it is there"
            SchemaDifference(it.kind, it.name, it.of, DifferenceType.LEFT_OVER, true, null, null, problem, UNINSTALL)
        },
    )

    private fun problems(): String {
        val (missing, changed) = errors.partition { it.difference == DifferenceType.MISSING && it.kind != "default" }
        val lacks = missing.takeIf { it.isNotEmpty() }?.joinToString(prefix = "it lacks ") {
            "${SchemaObject(it.kind, it.name, it.of)}"
        }
        return (listOfNotNull(lacks) + changed.map { it.problem }).joinToString("; ")
    }

    private fun nothing() = SchemaDifference(
        "queue",
        absent.first { it.kind == "table" }.name,
        of = null,
        DifferenceType.MISSING,
        isError = true,
        found = null,
        expected = null,
        problem = "the queue is not installed",
        fix = installFix(),
    )

    private fun installFix() = if (elsewhere == null) {
        "run `pgq install`, or check prefix and schema"
    } else {
        "schema $elsewhere has a queue: Python PgQueuer writes the names of schemas in lower case, so write " +
            "$elsewhere, too"
    }

    private companion object {
        const val UNINSTALL = "run `pgq uninstall`"
    }
}
