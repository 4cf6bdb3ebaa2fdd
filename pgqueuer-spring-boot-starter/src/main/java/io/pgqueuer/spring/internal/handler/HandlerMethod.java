package io.pgqueuer.spring.internal.handler;

import java.lang.reflect.Method;
import java.lang.reflect.Type;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.springframework.core.KotlinDetector;

/**
 * How an annotated method is called: which parameters it has, and whether it blocks.
 *
 * @param <C> the context of a run, from which the arguments are taken.
 */
final class HandlerMethod<C> {
    enum Kind {
        BLOCKING,
        STAGE,
        SUSPENDING
    }

    private final HandlerBean bean;
    private final Kind kind;
    private final Function<C, @Nullable Object>[] arguments;
    private final int payloadAt;
    private final @Nullable Type payloadType;

    private HandlerMethod(
            HandlerBean bean,
            Kind kind,
            Function<C, @Nullable Object>[] arguments,
            int payloadAt,
            @Nullable Type payloadType) {
        this.bean = bean;
        this.kind = kind;
        this.arguments = arguments;
        this.payloadAt = payloadAt;
        this.payloadType = payloadType;
    }

    /**
     * @param contexts how to get the arguments of each type that is not a payload.
     * @param hasPayload whether one parameter of another type may be there, for the payload.
     */
    static <C> HandlerMethod<C> of(
            HandlerBean bean, Class<?> annotation, Map<Class<?>, Function<C, Object>> contexts, boolean hasPayload) {
        var method = bean.method();
        var kind = kindOf(annotation, method);
        var types = method.getGenericParameterTypes();
        var count = method.getParameterCount() - (kind == Kind.SUSPENDING ? 1 : 0);
        @SuppressWarnings({"unchecked", "rawtypes"}) // Java makes no arrays of generic types.
        Function<C, @Nullable Object>[] arguments = new Function[count];
        int payloadAt = -1;
        for (int i = 0; i < count; i++) {
            var fromContext = contexts.get(method.getParameterTypes()[i]);
            if (fromContext != null) {
                arguments[i] = fromContext::apply;
            } else if (!hasPayload) {
                throw InvalidHandler.of(
                        annotation, method, "has a parameter of type " + types[i].getTypeName(),
                        "use ScheduleContext and Schedule only");
            } else if (payloadAt >= 0) {
                throw InvalidHandler.of(
                        annotation, method, "has two parameters for the payload: " + types[payloadAt].getTypeName()
                                + " and " + types[i].getTypeName(),
                        "use one for the payload, and JobContext and StoredJob for the rest");
            } else {
                payloadAt = i;
                arguments[i] = context -> null;
            }
        }
        return new HandlerMethod<>(bean, kind, arguments, payloadAt, payloadAt < 0 ? null : types[payloadAt]);
    }

    private static Kind kindOf(Class<?> annotation, Method method) {
        if (KotlinDetector.isSuspendingFunction(method)) {
            return Kind.SUSPENDING;
        }
        if (method.getReturnType() == void.class) {
            return Kind.BLOCKING;
        }
        if (CompletionStage.class.isAssignableFrom(method.getReturnType())) {
            return Kind.STAGE;
        }
        throw InvalidHandler.of(
                annotation, method, "returns " + method.getGenericReturnType().getTypeName(),
                "return void, or a CompletionStage that ends when the work is done; a Mono becomes one by toFuture()");
    }

    Kind kind() {
        return kind;
    }

    /** The type of the parameter for the payload; null if there is none. */
    @Nullable Type payloadType() {
        return payloadType;
    }

    Method method() {
        return bean.method();
    }

    void check() {
        bean.check();
    }

    /** Calls the method, which blocks. */
    void run(C context, @Nullable Object payload) throws Exception {
        bean.call(argumentsOf(context, payload));
    }

    /** Calls the method, and returns a stage that ends when its work is done. */
    @Nullable CompletionStage<?> start(C context, @Nullable Object payload) throws Exception {
        var values = argumentsOf(context, payload);
        if (kind == Kind.SUSPENDING) {
            var target = bean.target();
            return SuspendingCallsKt.suspendingCall(target.bean(), target.method(), values);
        }
        return (CompletionStage<?>) bean.call(values);
    }

    private @Nullable Object[] argumentsOf(C context, @Nullable Object payload) {
        var values = new @Nullable Object[arguments.length];
        for (int i = 0; i < values.length; i++) {
            values[i] = i == payloadAt ? payload : arguments[i].apply(context);
        }
        return values;
    }
}
