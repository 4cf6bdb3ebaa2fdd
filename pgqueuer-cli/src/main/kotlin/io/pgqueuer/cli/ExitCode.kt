package io.pgqueuer.cli

/** The exit codes of the command. */
internal object ExitCode {
    const val OK = 0

    /** It failed; one line on stderr says why. */
    const val ERROR = 1

    /** The command line is wrong. */
    const val USAGE = 2

    /** Shells add this to the number of the signal that ended a command. */
    private const val SIGNALED = 128

    fun ofSignal(number: Int) = SIGNALED + number
}
