package io.pgqueuer.spring.internal.handler;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import org.jspecify.annotations.Nullable;
import org.springframework.aop.support.AopUtils;
import org.springframework.beans.factory.BeanFactory;
import org.springframework.util.ClassUtils;
import org.springframework.util.ReflectionUtils;

/**
 * An annotated method, and the bean to call it on. The bean is asked for when the method is called: until then, a lazy bean
 * stays unmade.
 */
final class HandlerBean {
    private final BeanFactory beans;
    private final String beanName;
    private final Class<?> annotation;
    private final Method method;
    private volatile @Nullable Invocable invocable;

    HandlerBean(BeanFactory beans, String beanName, Class<?> annotation, Method method) {
        this.beans = beans;
        this.beanName = beanName;
        this.annotation = annotation;
        this.method = method;
    }

    Method method() {
        return method;
    }

    /** Checks that the method can be called on the bean, as far as its class is known. */
    void check() {
        if (Modifier.isPrivate(method.getModifiers())) {
            throw InvalidHandler.of(
                    annotation, method, "is private, so that it cannot be called through a proxy",
                    "make it package-private or public");
        }
        if (Modifier.isStatic(method.getModifiers())) {
            throw InvalidHandler.of(annotation, method, "is static", "make it a method of the bean");
        }
        var type = beans.getType(beanName, false);
        if (type != null) {
            invocableOn(type);
        }
    }

    /** Calls the method on the bean, through its proxy if it has one. */
    @Nullable Object call(@Nullable Object[] arguments) throws Exception {
        var bean = beans.getBean(beanName);
        try {
            return invocableOn(bean.getClass()).method.invoke(bean, arguments);
        } catch (InvocationTargetException e) {
            throw thrown(e);
        }
    }

    /** Returns the bean and the method to call on it, for a suspending call. */
    Target target() {
        var bean = beans.getBean(beanName);
        return new Target(bean, invocableOn(bean.getClass()).method);
    }

    record Target(Object bean, Method method) {}

    private Invocable invocableOn(Class<?> type) {
        var known = invocable;
        if (known != null && known.type == type) {
            return known;
        }
        if (Modifier.isFinal(method.getModifiers()) && type.getName().contains(ClassUtils.CGLIB_CLASS_SEPARATOR)) {
            throw InvalidHandler.of(
                    annotation, method, "is final, and its bean has a proxy that cannot call it",
                    "remove final; in Kotlin, add open or the compiler plugin kotlin-spring");
        }
        Method selected;
        try {
            selected = AopUtils.selectInvocableMethod(method, type);
        } catch (IllegalStateException e) {
            throw InvalidHandler.of(
                    annotation, method, "cannot be called: its bean is a proxy of its interfaces, which do not have it",
                    "add it to an interface of the bean, or set spring.aop.proxy-target-class=true");
        }
        ReflectionUtils.makeAccessible(selected);
        var found = new Invocable(type, selected);
        invocable = found;
        return found;
    }

    private static Exception thrown(InvocationTargetException e) {
        var cause = e.getTargetException();
        if (cause instanceof Error error) {
            throw error;
        }
        return cause instanceof Exception exception ? exception : e;
    }

    private record Invocable(Class<?> type, Method method) {}
}
