package io.pgqueuer.exposed.interleaving

import kotlinx.coroutines.CoroutineScope

/** What happens next to one actor. */
internal class Event(
    private val kind: Kind,
    val actor: Actor,
) {
    enum class Kind { START, COMMIT, UNDO }

    private var then: Actor.State? = null

    /** Does it, and waits until no actor of [all] runs. */
    suspend fun run(scope: CoroutineScope, prepared: Preparation, all: List<Actor>) {
        when (kind) {
            Kind.START -> actor.start(scope, prepared, all)
            Kind.COMMIT -> actor.commit()
            Kind.UNDO -> actor.undo()
        }
        // Whoever is stopped stays stopped.
        all.filter { it.state == Actor.State.WAITS || it === actor }.forEach { it.await() }
        then = actor.state
    }

    override fun toString() = "${kind.name.lowercase()} ${actor.of} ($then)"

    companion object {
        /**
         * What can happen next to [actors]. One transaction is undone at most, and only one that another actor has run
         * into: otherwise, it is as if it had never been.
         *
         * @param areOverlapping all start before the first one commits, and none is undone.
         */
        fun possible(actors: List<Actor>, areOverlapping: Boolean): List<Event> {
            val starts = actors.filter { it.state == Actor.State.NOT_STARTED }.map { Event(Kind.START, it) }
            if (areOverlapping && starts.isNotEmpty()) return starts
            val stopped = actors.filter { it.state == Actor.State.STOPPED }
            val undos = when {
                areOverlapping || starts.isNotEmpty() || actors.any { it.isUndone } -> emptyList()
                else -> stopped.filter { one -> !one.hasCommitted && actors.any { one in it.beside } }
            }
            return starts + stopped.map { Event(Kind.COMMIT, it) } + undos.map { Event(Kind.UNDO, it) }
        }
    }
}
