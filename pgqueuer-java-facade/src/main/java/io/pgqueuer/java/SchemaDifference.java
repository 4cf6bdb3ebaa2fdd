package io.pgqueuer.java;

import java.util.Optional;

/**
 * One difference between the objects of a queue in the store and those that this version installs. Implemented by this
 * library only; methods may be added.
 */
public interface SchemaDifference {
    /** What kind of object differs: {@code column}, {@code index}, {@code trigger} and so on. */
    String kind();

    /** The name of the object. */
    String name();

    /** The table or type that it is a part of; empty for an object that stands alone. */
    Optional<String> of();

    /** In which way it differs. */
    DifferenceType difference();

    /** Whether the queue needs the repair. If not, it is a warning: the queue works. */
    boolean isError();

    /** What is there, such as a type or a definition; empty if the object is missing. */
    Optional<String> found();

    /** What this version installs; empty if it installs no such object, or if only the name matters. */
    Optional<String> expected();

    /** What is wrong, in words. */
    String problem();

    /** What repairs it, with the command. */
    String fix();
}
