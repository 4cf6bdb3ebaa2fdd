package io.pgqueuer.spring.internal.handler;

import io.pgqueuer.java.EntrypointBuilder;
import io.pgqueuer.java.JobContext;
import io.pgqueuer.java.JobType;
import io.pgqueuer.java.OnFailure;
import io.pgqueuer.java.PayloadCodec;
import io.pgqueuer.java.RetryPolicy;
import io.pgqueuer.java.WorkerBuilder;
import io.pgqueuer.spring.JobHandler;
import io.pgqueuer.spring.JobRetry;
import io.pgqueuer.spring.PayloadCodecs;
import java.lang.reflect.Method;
import java.lang.reflect.Type;
import java.util.Arrays;
import java.util.function.Consumer;

/** A method with {@link JobHandler}. */
final class JobHandlerMethod {
    private final JobHandler annotation;
    private final HandlerMethod<JobContext> method;
    private final Attributes attributes;
    private final String name;

    JobHandlerMethod(JobHandler annotation, HandlerBean bean, Attributes attributes) {
        this.annotation = annotation;
        this.method = HandlerMethod.of(bean, JobHandler.class, Contexts.OF_JOB, true);
        this.attributes = attributes;
        try {
            this.name = attributes.text("name", annotation.name());
        } catch (IllegalArgumentException e) {
            throw InvalidHandler.of(JobHandler.class, bean.method(), e);
        }
        if (name.isEmpty()) {
            throw InvalidHandler.of(
                    JobHandler.class, bean.method(), "has no name", "name its entrypoint: @JobHandler(\"receipt\")");
        }
    }

    String name() {
        return name;
    }

    Method method() {
        return method.method();
    }

    void check() {
        method.check();
    }

    void registerOn(WorkerBuilder worker, PayloadCodecs codecs) {
        try {
            var payload = method.payloadType();
            if (payload == null) {
                registerUntyped(worker);
            } else {
                registerTyped(worker, codecOf(payload, codecs));
            }
        } catch (IllegalArgumentException e) {
            throw InvalidHandler.of(JobHandler.class, method(), e);
        }
    }

    private void registerUntyped(WorkerBuilder worker) {
        var entrypoint = configured(worker.entrypoint(name));
        if (method.kind() == HandlerMethod.Kind.BLOCKING) {
            entrypoint.handle(context -> method.run(context, null));
        } else {
            entrypoint.handleAsync(context -> method.start(context, null));
        }
    }

    private <T> void registerTyped(WorkerBuilder worker, PayloadCodec<T> codec) {
        var entrypoint = configured(worker.entrypoint(JobType.of(name, codec)));
        if (method.kind() == HandlerMethod.Kind.BLOCKING) {
            entrypoint.handle((value, context) -> method.run(context, value));
        } else {
            entrypoint.handleAsync((value, context) -> method.start(context, value));
        }
    }

    private static PayloadCodec<?> codecOf(Type payload, PayloadCodecs codecs) {
        if (payload == byte[].class) {
            return RawPayload.BYTES;
        }
        return payload == String.class ? PayloadCodec.utf8() : codecs.codecOf(payload);
    }

    private <B, A> EntrypointBuilder<B, A> configured(EntrypointBuilder<B, A> entrypoint) {
        attributes.ifSet(
                annotation.concurrencyLimit(), "concurrencyLimit", attributes::number, entrypoint::concurrencyLimit);
        attributes.ifSet(annotation.timeout(), "timeout", attributes::duration, entrypoint::timeout);
        atMostOne("onFailure", annotation.onFailure(), entrypoint::onFailure);
        atMostOne("onUndecodable", annotation.onUndecodable(), entrypoint::onUndecodable);
        attributes.ifSet(
                annotation.retry().maxAttempts(),
                "retry.maxAttempts",
                attributes::number,
                attempts -> entrypoint.retry(policy(annotation.retry(), attempts)));
        return entrypoint;
    }

    private static void atMostOne(String attribute, OnFailure[] values, Consumer<OnFailure> set) {
        if (values.length > 1) {
            throw new IllegalArgumentException(
                    attribute + " must have at most one value, had " + Arrays.toString(values));
        }
        for (var value : values) {
            set.accept(value);
        }
    }

    private RetryPolicy policy(JobRetry retry, int attempts) {
        return RetryPolicy.exponentialBuilder(attempts)
                .initialDelay(attributes.duration("retry.initialDelay", retry.initialDelay()))
                .factor(attributes.decimal("retry.factor", retry.factor()))
                .maxDelay(attributes.duration("retry.maxDelay", retry.maxDelay()))
                .jitter(attributes.decimal("retry.jitter", retry.jitter()))
                .retryOn(failure -> (retry.on().length == 0 || isAny(failure, retry.on())) && !isAny(failure, retry.notOn()))
                .build();
    }

    private static boolean isAny(Throwable failure, Class<?>[] types) {
        return Arrays.stream(types).anyMatch(type -> type.isInstance(failure));
    }
}
