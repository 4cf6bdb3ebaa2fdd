package io.pgqueuer.spring.internal.handler;

import java.lang.reflect.AnnotatedElement;
import java.lang.reflect.Method;
import org.springframework.aot.hint.BindingReflectionHintsRegistrar;
import org.springframework.aot.hint.ExecutableMode;
import org.springframework.aot.hint.ReflectionHints;
import org.springframework.aot.hint.annotation.ReflectiveProcessor;

/** Lets native images call annotated methods, and decode the types of their payloads. */
public final class HandlerReflection implements ReflectiveProcessor {
    private final BindingReflectionHintsRegistrar binding = new BindingReflectionHintsRegistrar();

    @Override
    public void registerReflectionHints(ReflectionHints hints, AnnotatedElement element) {
        if (element instanceof Method method) {
            hints.registerMethod(method, ExecutableMode.INVOKE);
            for (var type : method.getGenericParameterTypes()) {
                if (!Contexts.isContext(type)) {
                    binding.registerReflectionHints(hints, type);
                }
            }
        }
    }
}
