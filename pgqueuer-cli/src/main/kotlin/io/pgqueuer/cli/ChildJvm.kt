package io.pgqueuer.cli

import kotlin.io.path.Path

/**
 * Prepares a process that runs [mainClass] with the Java executable and the class path of this process.
 *
 * Of this process's environment, it does not get the variables that name a server. The caller names the server by
 * [variables]: a connection string may hold a password, and everybody can read a command line.
 *
 * @param options for the JVM.
 */
internal fun childJvm(
    mainClass: String,
    arguments: List<String>,
    options: List<String> = emptyList(),
    variables: Map<String, String> = emptyMap(),
): ProcessBuilder {
    val java = Path(System.getProperty("java.home"), "bin", "java").toString()
    val classPath = listOf("-cp", System.getProperty("java.class.path"))
    return ProcessBuilder(listOf(java) + options + classPath + mainClass + arguments).apply {
        environment().keys.removeIf(::isServerVariable)
        environment() += variables
    }
}

/** Whether [variable] of the environment is one of libpq's or of PgQueuer's. */
internal fun isServerVariable(variable: String): Boolean = variable.startsWith("PG")
