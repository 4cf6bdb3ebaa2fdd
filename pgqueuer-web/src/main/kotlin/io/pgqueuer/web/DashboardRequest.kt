package io.pgqueuer.web

/**
 * A request to a [Dashboard], without anything that belongs to a web framework. An adapter makes it.
 *
 * @property method `GET` or `POST`.
 * @property path the path below the place where the dashboard is, beginning with `/`, decoded.
 * @property base where the dashboard is, as in `/admin/queue`; empty for the root.
 * @property query the decoded parameters of the URL.
 * @property form the decoded fields of the body of a `POST`.
 * @property role what the user may do. The adapter has authenticated the user before.
 * @property host the header `Host`; null if there is none.
 * @property origin the header `Origin`; null if there is none.
 */
public class DashboardRequest(
    public val method: String,
    public val path: String,
    public val base: String,
    public val query: Map<String, List<String>>,
    public val form: Map<String, List<String>>,
    public val role: DashboardRole,
    public val host: String?,
    public val origin: String?,
)

/** What a user of the dashboard may do. */
public enum class DashboardRole {
    /** See everything, and change nothing. */
    READ,

    /** Also cancel, requeue and dismiss jobs, pause and resume entrypoints and schedules, run and remove schedules. */
    OPERATE,
}
