package io.pgqueuer.spring.internal.handler;

import io.pgqueuer.spring.internal.start.StartException;
import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.stream.Collectors;

/** Fails the start of the application because of an annotated method. */
final class InvalidHandler {
    private InvalidHandler() {}

    static StartException of(Class<?> annotation, Method method, String condition, String fix) {
        return new StartException("the @" + annotation.getSimpleName() + " method " + name(method) + " " + condition, fix);
    }

    static StartException of(Class<?> annotation, Method method, IllegalArgumentException cause) {
        return new StartException(
                "the @" + annotation.getSimpleName() + " method " + name(method) + " is invalid: " + cause.getMessage(),
                "correct the attributes of the annotation",
                cause);
    }

    /** The name of {@code method} for people: {@code com.example.Mailer.send(Receipt, JobContext)}. */
    static String name(Method method) {
        return method.getDeclaringClass().getName() + "." + method.getName()
                + Arrays.stream(method.getParameterTypes())
                        .map(Class::getSimpleName)
                        .collect(Collectors.joining(", ", "(", ")"));
    }
}
