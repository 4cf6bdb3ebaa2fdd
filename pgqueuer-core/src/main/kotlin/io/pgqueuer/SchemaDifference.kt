package io.pgqueuer

/**
 * One difference between the objects of a queue in the store and those that this version installs.
 *
 * @property kind what kind of object differs: `column`, `index`, `trigger` and so on.
 * @property name the name of the object.
 * @property of the table or type that it is a part of; null for an object that stands alone.
 * @property difference in which way it differs.
 * @property isError whether the queue needs the repair. If not, it is a warning: the queue works.
 * @property found what is there, such as a type or a definition; null if the object is missing.
 * @property expected what this version installs; null if it installs no such object, or if only the name matters.
 * @property problem what is wrong, in words.
 * @property fix what repairs it, with the command.
 */
public class SchemaDifference(
    public val kind: String,
    public val name: String,
    public val of: String?,
    public val difference: DifferenceType,
    public val isError: Boolean,
    public val found: String?,
    public val expected: String?,
    public val problem: String,
    public val fix: String,
) {
    override fun toString(): String = "$problem; $fix"
}

/** In which way an object differs from what this version installs. */
public enum class DifferenceType {
    /** It does not exist. */
    MISSING,

    /** It has another type, default, definition or body. */
    CHANGED,

    /** A trigger that was switched off. */
    DISABLED,

    /** An index that was not built to its end, or is broken. The server does not use it. */
    INVALID,

    /** This version does not need it: Python PgQueuer or an older version created it. */
    LEFT_OVER,
    ;

    /** Its name on the command line. */
    public val label: String = name.lowercase().replace('_', '-')
}
