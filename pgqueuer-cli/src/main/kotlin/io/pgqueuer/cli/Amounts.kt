package io.pgqueuer.cli

import io.pgqueuer.TableSize
import java.util.Locale

/** Says how large a table is, as `about 1,200,000 rows, 310 MB`: the store estimates the rows. */
internal fun sizeText(size: TableSize): String =
    listOfNotNull("about ${countText(size.rows)} rows", size.bytes?.let(::bytesText)).joinToString()

/** As in `1,200,000`. */
internal fun countText(count: Long): String = "%,d".format(Locale.ROOT, count)

/** As PostgreSQL's `pg_size_pretty` writes it: 1 kB is 1024 bytes, and a unit is used up to 10239. */
internal fun bytesText(bytes: Long): String = UNITS.withIndex()
    .map { (place, unit) -> rounded(bytes, SHIFT * place) to unit }
    .let { amounts -> amounts.firstOrNull { (amount, _) -> amount <= MOST } ?: amounts.last() }
    .let { (amount, unit) -> "$amount $unit" }

private fun rounded(bytes: Long, shift: Int) = (bytes + ((1L shl shift) / 2)) shr shift

private val UNITS = listOf("bytes", "kB", "MB", "GB", "TB")
private const val SHIFT = 10
private const val MOST = 10_239
