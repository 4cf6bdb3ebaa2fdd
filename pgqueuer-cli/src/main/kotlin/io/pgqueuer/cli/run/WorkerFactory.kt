package io.pgqueuer.cli.run

import io.pgqueuer.Backend
import io.pgqueuer.Worker
import io.pgqueuer.cli.CommandException
import java.lang.reflect.InvocationTargetException
import java.lang.reflect.Method
import java.lang.reflect.Modifier

/**
 * A function of the user that makes a worker. It is public and static, takes a [Backend] and optionally a list of
 * arguments, and returns a [Worker]. It is named `package.FileKt::function` or `package.Class::method`.
 */
internal class WorkerFactory private constructor(
    private val name: String,
    private val method: Method,
) {
    private val takesArguments get() = method.parameterCount == PARAMETERS_WITH_ARGUMENTS

    /** @throws CommandException if the function fails, or takes no [arguments] and some are given. */
    fun make(backend: Backend, arguments: List<String>): Worker {
        if (arguments.isNotEmpty() && !takesArguments) {
            throw CommandException(
                "factory $name takes no arguments, was given $arguments; add a parameter of type List<String>",
            )
        }
        return try {
            val worker = if (takesArguments) method.invoke(null, backend, arguments) else method.invoke(null, backend)
            worker as Worker? ?: throw CommandException("factory $name returned null; it must return a Worker")
        } catch (e: InvocationTargetException) {
            throw CommandException("factory $name failed: ${e.targetException}", e.targetException)
        }
    }

    companion object {
        private const val PARAMETERS_WITH_ARGUMENTS = 2
        private val SIGNATURES = setOf(listOf(Backend::class.java), listOf(Backend::class.java, List::class.java))
        private const val ADD_WITH_CP = "add what it needs with -cp"
        private const val FORM = "package.FileKt::function or package.Class::method"
        private const val WANTED = "public static (Backend) or (Backend, List<String>) to Worker"

        /**
         * Finds the function [name] in [loader], which [classLoader] has opened.
         *
         * @throws CommandException if there is no such class or function, or its signature is wrong.
         */
        fun load(name: String, loader: ClassLoader): WorkerFactory {
            val parts = name.split("::")
            if (parts.size != 2 || parts.any(String::isBlank)) {
                throw CommandException("'$name' is not the name of a factory; write $FORM")
            }
            val (className, methodName) = parts
            return try {
                WorkerFactory(name, factoryMethod(loader.classNamed(className), methodName))
            } catch (e: LinkageError) {
                // The classes that the factory and its signatures name are loaded only now.
                throw CommandException("class $className cannot be loaded: $e; $ADD_WITH_CP", e)
            }
        }

        private fun ClassLoader.classNamed(name: String): Class<*> = try {
            Class.forName(name, true, this)
        } catch (e: ClassNotFoundException) {
            throw CommandException(
                "there is no class $name; add its folder or jar with -cp. The functions of File.kt are in the class FileKt",
                e,
            )
        }

        private fun factoryMethod(owner: Class<*>, name: String): Method {
            val named = owner.methods.filter { it.name == name }
            return named.firstOrNull(::isFactory) ?: throw CommandException(
                if (named.isEmpty()) {
                    "class ${owner.name} has no public function '$name'; its factories: " +
                        owner.methods.filter(::isFactory).map(Method::getName).distinct().ifEmpty { listOf("none") }
                            .joinToString()
                } else {
                    "function ${owner.name}::$name is not a factory: it must be $WANTED, was " +
                        named.joinToString(" and ", transform = ::shown)
                },
            )
        }

        private fun isFactory(method: Method) = Modifier.isStatic(method.modifiers) &&
            method.parameterTypes.asList() in SIGNATURES &&
            Worker::class.java.isAssignableFrom(method.returnType)

        private fun shown(method: Method) = (if (Modifier.isStatic(method.modifiers)) "static " else "") +
            method.parameterTypes.joinToString(prefix = "(", postfix = ")") { it.simpleName } +
            " to ${method.returnType.simpleName}"
    }
}
