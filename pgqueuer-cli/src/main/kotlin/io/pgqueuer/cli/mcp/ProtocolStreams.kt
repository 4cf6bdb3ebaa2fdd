package io.pgqueuer.cli.mcp

import java.io.FileDescriptor
import java.io.FileOutputStream
import java.io.InputStream
import java.io.OutputStream
import java.io.PrintStream

/**
 * stdin and stdout, for the messages of a protocol alone. Until it is closed, whatever else the process prints to stdout
 * goes to stderr.
 */
internal class ProtocolStreams : AutoCloseable {
    private val printed: PrintStream = System.out

    val input: InputStream = System.`in`

    /** Not a [PrintStream], which would not say that the reader has gone. */
    val output: OutputStream = FileOutputStream(FileDescriptor.out)

    init {
        System.setOut(System.err)
    }

    override fun close() {
        System.setOut(printed)
    }
}
