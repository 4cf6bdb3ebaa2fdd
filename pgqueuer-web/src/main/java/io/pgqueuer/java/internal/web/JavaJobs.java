package io.pgqueuer.java.internal.web;

import io.pgqueuer.java.StoredJob;
import io.pgqueuer.java.internal.ValuesKt;

/** Reaches what the facade keeps internal, which Kotlin of another module cannot. */
final class JavaJobs {
    private JavaJobs() {}

    static StoredJob of(io.pgqueuer.StoredJob job) {
        return ValuesKt.toJava(job);
    }
}
