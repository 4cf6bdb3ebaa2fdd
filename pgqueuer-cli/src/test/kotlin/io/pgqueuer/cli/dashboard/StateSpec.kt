package io.pgqueuer.cli.dashboard

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.nulls.shouldBeNull
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.types.shouldBeInstanceOf
import io.pgqueuer.JobFilter
import io.pgqueuer.JobId
import io.pgqueuer.JobStatus

class StateSpec : FunSpec({
    val overview = overview("mail" to 5L, "report" to 9L, "mailing list" to 1L)

    fun State.press(vararg keys: Key, on: Content? = overview): State = keys.fold(this) { state, key ->
        state.on(key, on).shouldBeInstanceOf<Reaction.To>().state
    }

    fun State.type(text: String, on: Content? = overview): State =
        press(*text.map { Key.Text("$it") }.toTypedArray(), on = on)

    test("entrypoints are sorted by one column after the other, and by name within it") {
        var state = State()
        state.entrypoints(overview).map { it.name } shouldContainExactly listOf("report", "mail", "mailing list")
        repeat(SortBy.entries.size) { state = state.press(Key.Text("s")) }
        state.sortBy shouldBe SortBy.QUEUED
        State(sortBy = SortBy.HELD).entrypoints(overview).map { it.name } shouldContainExactly
            listOf("mail", "mailing list", "report")
    }

    test("what is selected stays selected when the order changes") {
        val state = State().press(Key.Down)
        state.selected shouldBe "mail"
        val changed = overview("mail" to 50L, "report" to 9L, "mailing list" to 1L)
        state.lineIn(changed) shouldBe 0
        state.lineIn(overview("report" to 9L, "mailing list" to 1L)) shouldBe 1
        state.press(Key.Enter, on = changed).view shouldBe View.Jobs(JobFilter(entrypoint = "mail"))
    }

    test("the selection stays within the list") {
        State().press(Key.Up).lineIn(overview) shouldBe 0
        State().press(Key.PageDown).selected shouldBe "mailing list"
        State().press(Key.Down, on = null).lineIn(overview) shouldBe 0
    }

    test("enter opens an entrypoint, then a job, and escape goes back") {
        val jobs = jobs(JobStatus.QUEUED, JobStatus.HELD)
        val list = State().press(Key.Enter)
        list.view shouldBe View.Jobs(JobFilter(entrypoint = "report"))
        val one = list.press(Key.Text("j"), Key.Enter, on = jobs)
        one.view shouldBe View.OneJob(JobId(2))
        one.press(Key.Escape).view shouldBe list.view
        one.press(Key.Escape, Key.Escape, Key.Escape).view shouldBe View.Overview
    }

    test("a name filter is typed, applied and cleared") {
        val typing = State().press(Key.Text("/")).type("maix").press(Key.Backspace)
        typing.typed shouldBe "mai"
        val filtered = typing.type("l").press(Key.Enter)
        filtered.entrypoints(overview).map { it.name } shouldContainExactly listOf("mail", "mailing list")
        filtered.press(Key.Text("/"), Key.Clear).type("x").press(Key.Escape).nameFilter shouldBe "mail"
        filtered.press(Key.Escape).nameFilter shouldBe ""
    }

    test("while a filter is typed, keys are text and not commands") {
        State().press(Key.Text("/")).type("qrc").typed shouldBe "qrc"
        State().press(Key.Text("/")).on(Key.Interrupt, overview) shouldBe Reaction.Quit
    }

    test("jobs are filtered by conditions, and a mistake is explained and changes nothing") {
        val list = State().press(Key.Text("f"))
        list.view shouldBe View.Jobs(JobFilter(status = JobStatus.HELD))
        val typing = list.press(Key.Text("/"))
        typing.typed shouldBe "status:failed"
        typing.type(" age:1h").press(Key.Enter).view shouldBe View.Jobs(JobFilter.parse("status:failed age:1h"))
        typing.type(" colour:red").press(Key.Enter).run {
            view shouldBe list.view
            message!! shouldContain "'colour' is no condition"
        }
    }

    test("a job is changed only after a yes, and only if its status allows it") {
        val jobs = jobs(JobStatus.HELD, JobStatus.QUEUED)
        val list = State().press(Key.Enter)
        val asked = list.press(Key.Text("r"), on = jobs)
        asked.question shouldBe Question(Change.REQUEUE, JobId(1))
        asked.on(Key.Text("y"), jobs) shouldBe Reaction.To(list, confirmed = Question(Change.REQUEUE, JobId(1)))
        asked.on(Key.Text("n"), jobs) shouldBe Reaction.To(list, confirmed = null)
        asked.on(Key.Enter, jobs) shouldBe Reaction.To(list, confirmed = null)
        list.press(Key.Text("c"), on = jobs).run {
            question.shouldBeNull()
            message shouldBe "job 1 is failed: cancel is for queued or picked jobs"
        }
        list.press(Key.Down, Key.Text("c"), on = jobs).question shouldBe Question(Change.CANCEL, JobId(2))
        State().press(Key.Text("r")).message!! shouldContain "select a job"
    }

    test("p pauses, and q and Ctrl-C quit") {
        State().press(Key.Text("p")).isPaused shouldBe true
        State().press(Key.Text("p"), Key.Text("p")).isPaused shouldBe false
        State().on(Key.Text("q"), overview) shouldBe Reaction.Quit
        State().on(Key.Interrupt, null) shouldBe Reaction.Quit
    }
})
