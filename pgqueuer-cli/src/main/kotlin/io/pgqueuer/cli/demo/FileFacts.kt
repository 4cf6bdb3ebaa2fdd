package io.pgqueuer.cli.demo

import java.nio.file.Path
import java.security.MessageDigest
import java.util.HexFormat
import kotlin.io.path.inputStream

/** What a job finds out about a file. Lines and words are those that `wc` counts. */
internal data class FileFacts(
    val sha256: String,
    val lines: Long,
    val words: Long,
    val bytes: Long,
) {
    companion object {
        private const val BUFFER_BYTES = 64 * 1024

        /** Reads [file] once, in parts that fit into memory. */
        fun of(file: Path): FileFacts {
            val digest = MessageDigest.getInstance("SHA-256")
            val buffer = ByteArray(BUFFER_BYTES)
            var lines = 0L
            var words = 0L
            var bytes = 0L
            var inWord = false
            file.inputStream().use { input ->
                while (true) {
                    val count = input.read(buffer)
                    if (count < 0) break
                    digest.update(buffer, 0, count)
                    bytes += count
                    for (i in 0 until count) {
                        val byte = buffer[i]
                        if (byte == NEWLINE) lines++
                        val space = isSpace(byte)
                        if (!space && !inWord) words++
                        inWord = !space
                    }
                }
            }
            return FileFacts(HexFormat.of().formatHex(digest.digest()), lines, words, bytes)
        }

        private const val NEWLINE = '\n'.code.toByte()

        private fun isSpace(byte: Byte) = byte == ' '.code.toByte() || byte in '\t'.code..'\r'.code
    }
}
