package io.pgqueuer.java;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.Constructor;
import java.lang.reflect.Executable;
import java.lang.reflect.Field;
import java.lang.reflect.GenericArrayType;
import java.lang.reflect.Member;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.lang.reflect.TypeVariable;
import java.lang.reflect.WildcardType;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Test;

/** The public API as the class files have it. */
class PublicApiTest {
    private static final Set<String> OF_EVERY_RECORD_AND_ENUM =
            Set.of("equals", "hashCode", "toString", "values", "valueOf");

    @Test
    void noKotlinTypeShowsInIt() throws Exception {
        var offences = new ArrayList<String>();
        for (var type : publicTypes()) {
            for (var member : publicMembers(type)) {
                typesOf(member)
                        .filter(name -> !isJava(name))
                        .forEach(name -> offences.add(type.getSimpleName() + "." + member.getName() + ": " + name));
            }
            typesOf(type).filter(name -> !isJava(name)).forEach(name -> offences.add(type.getName() + ": " + name));
        }
        assertEquals(List.of(), offences);
    }

    @Test
    void aKotlinTypeWouldBeFound() throws Exception {
        var method = Offender.class.getDeclaredMethod("offend", List.class);

        assertEquals(
                List.of("kotlin.time.Duration", "io.pgqueuer.StoredJob"),
                typesOf(method).filter(name -> !isJava(name)).toList());
    }

    interface Offender {
        kotlin.time.Duration offend(List<? extends io.pgqueuer.StoredJob> jobs);
    }

    @Test
    void everyPublicMethodIsCalledBySomeTest() throws Exception {
        var tests = sources(Path.of("src/test/java"));
        var missing = new TreeSet<String>();
        for (var type : publicTypes()) {
            for (var member : publicMembers(type)) {
                if (member instanceof Method
                        && !OF_EVERY_RECORD_AND_ENUM.contains(member.getName())
                        && !Pattern.compile("(\\.|::|\\b)" + member.getName() + "(\\(|\\b)").matcher(tests).find()) {
                    missing.add(type.getSimpleName() + "." + member.getName());
                }
            }
        }
        assertEquals(Set.of(), missing);
    }

    @Test
    void whatMayBeNullIsSaidForEveryType() throws Exception {
        assertTrue(Backend.class.getPackage().isAnnotationPresent(NullMarked.class));
        assertTrue(publicTypes().size() > 40, "the class files were not found");
    }

    static List<Class<?>> publicTypes() throws IOException, ClassNotFoundException {
        var types = new ArrayList<Class<?>>();
        try (var files = Files.list(Path.of("target/classes/io/pgqueuer/java"))) {
            for (var file : files.map(path -> path.getFileName().toString()).sorted().toList()) {
                if (file.endsWith(".class") && !file.startsWith("package-info")) {
                    var name = file.substring(0, file.length() - ".class".length());
                    var type = Class.forName("io.pgqueuer.java." + name);
                    if (Modifier.isPublic(type.getModifiers())) {
                        types.add(type);
                    }
                }
            }
        }
        return types;
    }

    private static List<Member> publicMembers(Class<?> type) {
        return Stream.<Member[]>of(type.getDeclaredMethods(), type.getDeclaredConstructors(), type.getDeclaredFields())
                .flatMap(Arrays::stream)
                .filter(member -> (member.getModifiers() & (Modifier.PUBLIC | Modifier.PROTECTED)) != 0)
                .filter(member -> !member.isSynthetic())
                .toList();
    }

    private static Stream<String> typesOf(Class<?> type) {
        return Stream.of(
                        Stream.of(type.getGenericInterfaces()),
                        Stream.ofNullable(type.getGenericSuperclass()),
                        Stream.of(type.getTypeParameters()),
                        Stream.ofNullable(type.getRecordComponents())
                                .flatMap(Arrays::stream)
                                .map(RecordComponent::getGenericType))
                .flatMap(types -> types)
                .flatMap(PublicApiTest::namesOf);
    }

    private static Stream<String> typesOf(Member member) {
        if (member instanceof Field field) {
            return namesOf(field.getGenericType());
        }
        var executable = (Executable) member;
        var result = executable instanceof Method method
                ? method.getGenericReturnType()
                : ((Constructor<?>) executable).getDeclaringClass();
        return Stream.of(
                        Stream.of(result),
                        Stream.of(executable.getGenericParameterTypes()),
                        Stream.of(executable.getGenericExceptionTypes()),
                        Stream.of(executable.getTypeParameters()))
                .flatMap(types -> types)
                .flatMap(PublicApiTest::namesOf);
    }

    private static Stream<String> namesOf(Type type) {
        if (type instanceof ParameterizedType parameterized) {
            return Stream.concat(
                    namesOf(parameterized.getRawType()),
                    Stream.of(parameterized.getActualTypeArguments()).flatMap(PublicApiTest::namesOf));
        }
        if (type instanceof GenericArrayType array) {
            return namesOf(array.getGenericComponentType());
        }
        if (type instanceof WildcardType wildcard) {
            return Stream.concat(Stream.of(wildcard.getUpperBounds()), Stream.of(wildcard.getLowerBounds()))
                    .flatMap(PublicApiTest::namesOf);
        }
        if (type instanceof TypeVariable<?> variable) {
            return Stream.of(variable.getBounds()).filter(Class.class::isInstance).flatMap(PublicApiTest::namesOf);
        }
        var named = (Class<?>) type;
        return named.isArray() ? namesOf(named.getComponentType()) : Stream.of(named.getName());
    }

    /** The exceptions of the library are thrown as they are, and Java can name and catch them. */
    private static boolean isJava(String name) {
        return !name.contains(".")
                || name.startsWith("java.")
                || name.startsWith("javax.sql.")
                || name.startsWith("com.fasterxml.jackson.")
                || name.startsWith("tools.jackson.")
                || (name.startsWith("io.pgqueuer.java.") && !name.startsWith("io.pgqueuer.java.internal."))
                || (name.startsWith("io.pgqueuer.") && name.endsWith("Exception"))
                // What libraries implement, and Java passes on.
                || name.equals("io.pgqueuer.BackendExtension");
    }

    private static String sources(Path folder) throws IOException {
        try (var files = Files.walk(folder)) {
            return files.filter(path -> path.toString().endsWith(".java"))
                    .filter(path -> !path.endsWith("PublicApiTest.java"))
                    .map(path -> {
                        try {
                            return Files.readString(path);
                        } catch (IOException e) {
                            throw new UncheckedIOException(e);
                        }
                    })
                    .collect(Collectors.joining("\n"));
        }
    }
}
