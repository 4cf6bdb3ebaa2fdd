package io.pgqueuer.spring.internal.handler;

import java.time.Duration;
import java.util.function.Consumer;
import java.util.function.Function;
import org.springframework.boot.convert.DurationStyle;
import org.springframework.util.StringValueResolver;

/** Reads the texts of annotations, with their placeholders resolved. */
final class Attributes {
    private final StringValueResolver placeholders;

    Attributes(StringValueResolver placeholders) {
        this.placeholders = placeholders;
    }

    String text(String attribute, String value) {
        String resolved;
        try {
            resolved = placeholders.resolveStringValue(value);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(attribute + " cannot be resolved: " + e.getMessage(), e);
        }
        return resolved == null ? "" : resolved.trim();
    }

    int number(String attribute, String value) {
        return read(attribute, value, "a whole number", Integer::valueOf);
    }

    double decimal(String attribute, String value) {
        return read(attribute, value, "a number", Double::valueOf);
    }

    Duration duration(String attribute, String value) {
        return read(attribute, value, "a duration such as 30s or PT30S", DurationStyle::detectAndParse);
    }

    /** Passes what {@code read} makes of {@code value} to {@code set}, unless the text is empty. */
    <T> void ifSet(String value, String attribute, Reader<T> read, Consumer<T> set) {
        if (!text(attribute, value).isEmpty()) {
            set.accept(read.read(attribute, value));
        }
    }

    @FunctionalInterface
    interface Reader<T> {
        T read(String attribute, String value);
    }

    private <T> T read(String attribute, String value, String expected, Function<String, T> parse) {
        var text = text(attribute, value);
        try {
            return parse.apply(text);
        } catch (RuntimeException e) {
            throw new IllegalArgumentException(attribute + " must be " + expected + ", was '" + text + "'", e);
        }
    }
}
