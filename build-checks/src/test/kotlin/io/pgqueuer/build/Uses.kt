package io.pgqueuer.build

/**
 * A class, or an import of a source file, that names another class.
 *
 * @property place where: the class or the file.
 * @property from the package of [place].
 * @property target the name that is used.
 */
internal class Use(
    private val place: String,
    val from: String,
    val target: String,
) {
    /** The package of [target]. */
    val to: String = packageOf(target)

    override fun toString() = "$place uses $target"
}

/**
 * What the classes of this module use, and what its sources import: class files do not tell what was inlined and what is
 * only named in comments.
 */
internal fun ModuleFolder.uses(): List<Use> = classes.flatMap { file ->
    file.classes.map { Use(file.name, packageOf(file.name), it) }
} + sources.flatMap { source ->
    source.imports.map { Use("${source.packageName}.${source.fileName}", source.packageName, it) }
}

/** Returns the package of a class, of one of its members, or of a top-level function. */
internal fun packageOf(name: String): String {
    val parts = name.split('.')
    val ofClass = parts.takeWhile { !it.first().isUpperCase() }
    return (if (ofClass.size < parts.size) ofClass else parts.dropLast(1)).joinToString(".")
}

/** Returns each set of nodes of this graph that can all be reached from each other. */
internal fun <T> cycles(graph: Map<T, Set<T>>): Set<Set<T>> {
    fun reachable(from: T): Set<T> {
        val seen = mutableSetOf<T>()
        val open = ArrayDeque(graph[from].orEmpty())
        while (open.isNotEmpty()) {
            val node = open.removeFirst()
            if (seen.add(node)) open += graph[node].orEmpty()
        }
        return seen
    }
    val reached = graph.keys.associateWith(::reachable)
    return graph.keys.filter { it in reached.getValue(it) }
        .mapTo(mutableSetOf()) { node ->
            reached.getValue(node).filterTo(mutableSetOf()) { node in reached[it].orEmpty() }
        }
}
