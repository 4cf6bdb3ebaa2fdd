package io.pgqueuer.engine.claiming

/**
 * The changes of the queue that this worker was notified of since it last claimed, in their order.
 *
 * Every worker receives the changes in the same order, and each with the same id. So a claim that began after its
 * worker had received a change has seen that change and all before it.
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
