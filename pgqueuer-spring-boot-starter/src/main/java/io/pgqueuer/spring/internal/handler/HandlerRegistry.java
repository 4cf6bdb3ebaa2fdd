package io.pgqueuer.spring.internal.handler;

import io.pgqueuer.java.WorkerBuilder;
import io.pgqueuer.spring.JobHandler;
import io.pgqueuer.spring.JobSchedule;
import io.pgqueuer.spring.PayloadCodecs;
import io.pgqueuer.spring.internal.start.StartException;
import java.lang.annotation.Annotation;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
import org.springframework.aop.framework.autoproxy.AutoProxyUtils;
import org.springframework.aop.scope.ScopedProxyUtils;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.core.MethodIntrospector;
import org.springframework.core.annotation.AnnotatedElementUtils;
import org.springframework.core.annotation.AnnotationUtils;

/** Finds the annotated methods of all beans. It looks at their classes only, and makes no bean. */
public final class HandlerRegistry {
    private final ConfigurableListableBeanFactory beans;
    private final PayloadCodecs codecs;
    private final Attributes attributes;
    private @Nullable Found found;

    public HandlerRegistry(ConfigurableListableBeanFactory beans, PayloadCodecs codecs) {
        this.beans = beans;
        this.codecs = codecs;
        this.attributes = new Attributes(beans::resolveEmbeddedValue);
    }

    private record Found(List<JobHandlerMethod> handlers, List<JobScheduleMethod> schedules) {}

    /** Whether there is any annotated method. */
    public boolean isEmpty() {
        return found().handlers.isEmpty() && found().schedules.isEmpty();
    }

    /** The entrypoints of the annotated handlers. */
    public List<String> entrypoints() {
        return found().handlers.stream().map(JobHandlerMethod::name).sorted().toList();
    }

    /** Checks that each method can be called on its bean, whose class is known once the bean is made. */
    public void check() {
        found().handlers.forEach(JobHandlerMethod::check);
        found().schedules.forEach(JobScheduleMethod::check);
    }

    /** Adds all handlers and schedules to {@code worker}. */
    public void registerOn(WorkerBuilder worker) {
        found().handlers.forEach(handler -> handler.registerOn(worker, codecs));
        found().schedules.forEach(schedule -> schedule.registerOn(worker));
    }

    private synchronized Found found() {
        if (found == null) {
            found = find();
        }
        return found;
    }

    private Found find() {
        var handlers = new ArrayList<JobHandlerMethod>();
        var schedules = new ArrayList<JobScheduleMethod>();
        for (var name : beans.getBeanNamesForType(Object.class, true, false)) {
            var type = classOf(name);
            if (type == null
                    || !AnnotationUtils.isCandidateClass(type, List.of(JobHandler.class, JobSchedule.class))
                    || isOfSpring(type)) {
                continue;
            }
            forEach(type, JobHandler.class, (method, annotation) -> handlers.add(new JobHandlerMethod(
                    annotation, new HandlerBean(beans, name, JobHandler.class, method), attributes)));
            forEach(type, JobSchedule.class, (method, annotation) -> schedules.add(new JobScheduleMethod(
                    annotation, new HandlerBean(beans, name, JobSchedule.class, method), attributes)));
        }
        schedules.removeIf(JobScheduleMethod::isOff);
        requireDistinct(handlers, schedules);
        return new Found(List.copyOf(handlers), List.copyOf(schedules));
    }

    private @Nullable Class<?> classOf(String beanName) {
        if (ScopedProxyUtils.isScopedTarget(beanName)) {
            return null;
        }
        try {
            return AutoProxyUtils.determineTargetClass(beans, beanName);
        } catch (RuntimeException | LinkageError e) {
            // A bean whose class cannot be told has no handlers, as with Spring's own annotations.
            return null;
        }
    }

    private static boolean isOfSpring(Class<?> type) {
        return type.getName().startsWith("org.springframework.");
    }

    private static <A extends Annotation> void forEach(
            Class<?> type, Class<A> annotation, BiConsumer<Method, A> action) {
        MethodIntrospector.selectMethods(
                        type,
                        (MethodIntrospector.MetadataLookup<A>)
                                method -> AnnotatedElementUtils.findMergedAnnotation(method, annotation))
                .forEach(action);
    }

    private static void requireDistinct(List<JobHandlerMethod> handlers, List<JobScheduleMethod> schedules) {
        Map<String, Method> methods = new HashMap<>();
        for (var handler : handlers) {
            var other = methods.putIfAbsent(handler.name(), handler.method());
            if (other != null) {
                throw twice("entrypoint '" + handler.name() + "'", other, handler.method());
            }
        }
        methods.clear();
        for (var schedule : schedules) {
            var other = methods.putIfAbsent(schedule.key(), schedule.method());
            if (other != null) {
                throw twice("the schedule '" + schedule.key() + "'", other, schedule.method());
            }
        }
    }

    private static StartException twice(String what, Method first, Method second) {
        return new StartException(
                what + " has two handlers: " + InvalidHandler.name(first) + " and " + InvalidHandler.name(second),
                first.equals(second)
                        ? "declare one bean of " + first.getDeclaringClass().getName()
                        : "rename one of them, or remove it");
    }
}
