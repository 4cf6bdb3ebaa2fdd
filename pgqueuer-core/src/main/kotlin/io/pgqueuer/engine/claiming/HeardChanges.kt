package io.pgqueuer.engine.claiming

/**
 * The changes of the queue that this worker has heard of, in their order, since it last claimed.
 *
 * Every worker hears of the changes in the same order, and of each by the same id. So if a claim began after its worker
 * had heard of a change, it has seen that change and all before it.
 */
internal class HeardChanges {
    private val unseen = ArrayDeque<String>()

    /** The last change of all, seen or not. Null if later changes may have been missed. */
    var last: String? = null
        private set

    /** Whether no claim is known to have seen all of them. */
    val areUnseen: Boolean get() = unseen.isNotEmpty()

    fun add(change: String) {
        last = change
        unseen += change
        // Those after it still tell that something changed.
        if (unseen.size > MOST) unseen.removeFirst()
    }

    /** Changes may have been missed. */
    fun missed() {
        last = null
    }

    /** A claim saw all of them. */
    fun seen() {
        unseen.clear()
    }

    /** A claim saw [change] and those before it. Returns whether [change] was unseen. */
    fun seenUpTo(change: String): Boolean {
        val index = unseen.lastIndexOf(change)
        repeat(index + 1) { unseen.removeFirst() }
        return index >= 0
    }

    private companion object {
        const val MOST = 100
    }
}
