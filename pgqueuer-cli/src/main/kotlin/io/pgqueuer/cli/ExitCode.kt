package io.pgqueuer.cli

/** What the end of the process says. */
internal object ExitCode {
    const val OK = 0

    /** It could not be done; a line on stderr says why. */
    const val ERROR = 1

    /** The command line is wrong. */
    const val USAGE = 2

    /** What shells add to the number of the signal that ended a command. */
    private const val SIGNALED = 128

    fun ofSignal(number: Int) = SIGNALED + number
}
