package io.pgqueuer.spring.internal.handler;

import io.pgqueuer.java.JobContext;
import io.pgqueuer.java.Schedule;
import io.pgqueuer.java.ScheduleContext;
import io.pgqueuer.java.StoredJob;
import io.pgqueuer.java.internal.ContextsKt;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.util.Map;
import java.util.function.Function;
import kotlin.coroutines.Continuation;

/** The parameters of handlers that are not payloads, of Java and of core. */
final class Contexts {
    static final Map<Class<?>, Function<JobContext, Object>> OF_JOB = Map.of(
            JobContext.class, context -> context,
            StoredJob.class, JobContext::job,
            io.pgqueuer.JobContext.class, ContextsKt::toCore,
            io.pgqueuer.StoredJob.class, context -> ContextsKt.toCore(context).getJob());

    static final Map<Class<?>, Function<ScheduleContext, Object>> OF_SCHEDULE = Map.of(
            ScheduleContext.class, context -> context,
            Schedule.class, ScheduleContext::schedule,
            io.pgqueuer.ScheduleContext.class, ContextsKt::toCore,
            io.pgqueuer.Schedule.class, context -> ContextsKt.toCore(context).getSchedule());

    private Contexts() {}

    /** Whether {@code type} is one of these, or the continuation of a suspending function. */
    static boolean isContext(Type type) {
        var raw = type instanceof ParameterizedType parameterized ? parameterized.getRawType() : type;
        return raw == Continuation.class
                || raw == byte[].class
                || raw == String.class
                || (raw instanceof Class<?> known && (OF_JOB.containsKey(known) || OF_SCHEDULE.containsKey(known)));
    }
}
