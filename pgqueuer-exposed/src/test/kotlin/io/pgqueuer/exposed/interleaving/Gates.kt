package io.pgqueuer.exposed.interleaving

import io.pgqueuer.exposed.connect
import io.pgqueuer.exposed.execute
import io.pgqueuer.exposed.readCommitted
import io.pgqueuer.exposed.texts
import io.pgqueuer.test.PostgresDatabase

/**
 * Stops every transaction of an actor that changed the queue when it commits: all its statements have run, it holds its
 * locks, and nobody sees its changes. It then waits until it is told to go on.
 *
 * The server does this: a deferred trigger runs at the commit, and waits for a lock that this holds. So the store's
 * statements stay as they are, even if the commit is sent together with them. An actor is known by the name of its
 * connection.
 *
 * Each actor has two locks, which its transactions use in turn. So this has taken one back before the actor asks for it
 * again.
 */
internal class Gates(
    database: PostgresDatabase,
    actors: IntRange,
) : AutoCloseable {
    private val connection = database.connect().readCommitted()

    init {
        connection.execute(
            """
            CREATE FUNCTION await_gate() RETURNS trigger LANGUAGE plpgsql SET lock_timeout = 0 AS $$
            DECLARE
                transaction text := pg_current_xact_id()::text;
            BEGIN
                IF transaction IS DISTINCT FROM current_setting('gate.transaction', true) THEN
                    PERFORM set_config('gate.transaction', transaction, false), set_config('gate.turn', CASE
                        WHEN current_setting('gate.turn', true) = '1' THEN '0' ELSE '1'
                    END, false);
                END IF;
                PERFORM pg_advisory_xact_lock($KEY, 2 * right(current_setting('application_name'), 1)::int
                    + current_setting('gate.turn')::int);
                RETURN NULL;
            END
            $$;
            CREATE CONSTRAINT TRIGGER await_gate AFTER INSERT OR UPDATE OR DELETE ON pgqueuer
                DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
                WHEN (current_setting('application_name') LIKE '$NAME%') EXECUTE FUNCTION await_gate();
            """,
        )
        actors.forEach {
            connection.execute("SELECT pg_advisory_lock($KEY, 2 * $it), pg_advisory_lock($KEY, 2 * $it + 1)")
        }
    }

    enum class State { STOPPED, WAITS_FOR_OTHER, RUNS }

    /** The processes of the server that the actors are connected to, as far as they are known. */
    private val processes = HashMap<Int, Int>()

    /** What [actor] does now. */
    fun stateOf(actor: Int): State {
        val process = processOf(actor) ?: return State.RUNS
        return connection.prepareStatement(STATE).use { statement ->
            statement.setInt(1, process)
            statement.setInt(2, process)
            statement.executeQuery().use { rows ->
                rows.next()
                val blocking = (rows.getArray(2).array as Array<*>).toSet()
                when {
                    rows.getBoolean(1) -> State.STOPPED
                    processes.values.any { it in blocking } -> State.WAITS_FOR_OTHER
                    else -> State.RUNS
                }
            }
        }
    }

    /** Lets the transaction of [actor] that is stopped commit, and returns when it has. The next one stops again. */
    fun commit(actor: Int) {
        val lock = connection.texts("SELECT objid FROM ($AWAITED) lock WHERE pid = ${processOf(actor)}").single()
        connection.execute("SELECT pg_advisory_unlock($KEY, $lock)")
        connection.execute("SELECT pg_advisory_lock($KEY, $lock)")
    }

    /** Makes the transaction of [actor] that is stopped fail. */
    fun fail(actor: Int) = connection.execute("SELECT pg_cancel_backend(${processOf(actor)})")

    /** What the server's processes do and wait for, for messages. */
    fun describe(): String = connection.texts(DESCRIPTION).joinToString("\n")

    /** Null before it has connected. */
    private fun processOf(actor: Int): Int? = processes[actor] ?: connection.texts(
        "SELECT pid FROM pg_stat_activity " +
            "WHERE datname = current_database() AND application_name = '${nameOf(actor)}'",
    ).singleOrNull()?.toInt()?.also { processes[actor] = it }

    override fun close() = connection.close()

    companion object {
        private const val KEY = 4712
        private const val NAME = "actor "

        /** The locks that actors wait for. */
        private const val AWAITED = "SELECT pid, objid FROM pg_locks " +
            "WHERE NOT granted AND locktype = 'advisory' AND classid = $KEY"

        /** Whether a process is stopped, and by which others it is blocked. */
        private const val STATE = "SELECT EXISTS (SELECT FROM ($AWAITED) lock WHERE pid = ?), pg_blocking_pids(?)"

        private const val DESCRIPTION = """
            SELECT concat_ws(', ', pid, application_name, state, wait_event, 'blocked by ' || pg_blocking_pids(pid)::text,
                (
                    SELECT string_agg(concat_ws(' ', locktype, relation::regclass, objid, mode, granted), '; ')
                    FROM pg_locks WHERE pg_locks.pid = activity.pid AND locktype <> 'virtualxid'
                ),
                regexp_replace(right(query, 200), E'\\s+', ' ', 'g'))
            FROM pg_stat_activity activity
            WHERE datname = current_database()
        """

        /** The application name of the connection of [actor], which is below 10. */
        fun nameOf(actor: Int) = "$NAME$actor"
    }
}
