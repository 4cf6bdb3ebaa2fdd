package io.pgqueuer.build

import java.io.DataInputStream

/**
 * What the constant pool of a class file names. Its format is in chapter 4.4 of the Java Virtual Machine Specification.
 *
 * @property name its own name, as in `io.pgqueuer.JobQueue$Companion`.
 * @property classes the classes that it names, in its code and in its signatures.
 * @property members the fields and methods that its code uses, as in `java.lang.System.nanoTime`.
 * @property strings its string constants.
 */
internal class ClassFile(
    val name: String,
    val classes: Set<String>,
    val members: Set<String>,
    val strings: Set<String>,
) {
    /** All classes and members that it uses. */
    val references: Set<String> get() = classes + members

    companion object {
        fun parse(bytes: ByteArray): ClassFile = DataInputStream(bytes.inputStream()).use { input ->
            check(input.readInt() == MAGIC) { "not a class file" }
            input.skipBytes(VERSION_BYTES)
            val pool = ConstantPool(input)
            input.skipBytes(ACCESS_FLAG_BYTES)
            ClassFile(pool.className(input.readUnsignedShort()), pool.classes(), pool.members(), pool.strings())
        }

        private const val MAGIC = 0xCAFEBABE.toInt()
        private const val VERSION_BYTES = 4
        private const val ACCESS_FLAG_BYTES = 2
    }
}

private class ConstantPool(
    input: DataInputStream,
) {
    private val texts = mutableMapOf<Int, String>()
    private val classNames = mutableMapOf<Int, Int>()
    private val memberNames = mutableMapOf<Int, Int>()
    private val memberRefs = mutableListOf<Pair<Int, Int>>()
    private val stringTexts = mutableListOf<Int>()

    init {
        val count = input.readUnsignedShort()
        var index = 1
        while (index < count) {
            index += readEntry(index, input)
        }
    }

    /** Reads the entry at [index], and returns how many indexes it takes. */
    private fun readEntry(index: Int, input: DataInputStream): Int {
        when (val tag = input.readUnsignedByte()) {
            1 -> texts[index] = input.readUTF()

            3, 4, 17, 18 -> input.skipBytes(4)

            5, 6 -> {
                input.skipBytes(8)
                return 2
            }

            7 -> classNames[index] = input.readUnsignedShort()

            8 -> stringTexts += input.readUnsignedShort()

            9, 10, 11 -> memberRefs += input.readUnsignedShort() to input.readUnsignedShort()

            12 -> {
                memberNames[index] = input.readUnsignedShort()
                input.skipBytes(2)
            }

            15 -> input.skipBytes(3)

            16, 19, 20 -> input.skipBytes(2)

            else -> error("unknown constant pool tag $tag at $index")
        }
        return 1
    }

    fun className(index: Int): String = texts.getValue(classNames.getValue(index)).replace('/', '.')

    /** Includes descriptors: the type of a parameter may be named nowhere else. */
    fun classes(): Set<String> = classNames.keys.mapTo(mutableSetOf(), ::className) +
        texts.values.flatMap { text -> DESCRIPTOR_CLASS.findAll(text).map { it.groupValues[1].replace('/', '.') } }

    fun members(): Set<String> = memberRefs.mapTo(mutableSetOf()) { (owner, nameAndType) ->
        className(owner) + "." + texts.getValue(memberNames.getValue(nameAndType))
    }

    fun strings(): Set<String> = stringTexts.mapTo(mutableSetOf(), texts::getValue)

    private companion object {
        val DESCRIPTOR_CLASS = Regex("L([\\w$]+(?:/[\\w$]+)+);")
    }
}
