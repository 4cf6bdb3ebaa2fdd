package io.pgqueuer.spring.internal.start;

import org.jspecify.annotations.Nullable;

/** Fails the start of the application, with what the user can do about it. */
public final class StartException extends IllegalStateException {
    private static final long serialVersionUID = 1L;

    private final String condition;
    private final String fix;

    public StartException(String condition, String fix) {
        this(condition, fix, null);
    }

    public StartException(String condition, String fix, @Nullable Throwable cause) {
        super(condition + "; " + fix, cause);
        this.condition = condition;
        this.fix = fix;
    }

    /** What is wrong. */
    public String condition() {
        return condition;
    }

    /** What to do. */
    public String fix() {
        return fix;
    }
}
