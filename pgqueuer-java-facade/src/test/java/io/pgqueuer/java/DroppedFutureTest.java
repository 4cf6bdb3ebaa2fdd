package io.pgqueuer.java;

import static io.pgqueuer.java.Waiting.eventually;
import static io.pgqueuer.java.Waiting.failureOf;
import static io.pgqueuer.java.Waiting.get;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.ThrowableProxy;
import ch.qos.logback.core.AppenderBase;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/** A worker whose future nobody looks at. */
class DroppedFutureTest {
    private static final Logger SOURCE = (Logger) LoggerFactory.getLogger(Worker.class);

    private final List<ILoggingEvent> errors = new CopyOnWriteArrayList<>();
    private final AppenderBase<ILoggingEvent> appender = new AppenderBase<>() {
        @Override
        protected void append(ILoggingEvent event) {
            if (event.getLevel() == Level.ERROR) {
                errors.add(event);
            }
        }
    };

    @BeforeEach
    void listen() {
        appender.start();
        SOURCE.addAppender(appender);
    }

    @AfterEach
    void stopListening() {
        SOURCE.detachAppender(appender);
    }

    @Test
    void aRunThatFailsAtItsStartIsLoggedAsAnErrorWithItsCauseOnce() throws Exception {
        try (var backend = Backend.inMemory()) {
            var failure = failureOf(IllegalStateException.class, backend.worker().build().start());

            eventually(() -> !errors.isEmpty());
            assertEquals(1, errors.size());
            assertSame(failure, ((ThrowableProxy) errors.get(0).getThrowableProxy()).getThrowable());
        }
    }

    @Test
    void aRunThatEndsByAShutdownOrACancellationIsNoError() throws Exception {
        try (var backend = Backend.inMemory()) {
            var worker = backend.worker().entrypoint("fetch").handle(job -> {}).build();
            var run = worker.start();
            worker.shutdown();
            get(run);
            worker.start().cancel(true);
            worker.close();

            assertEquals(List.of(), errors);
        }
    }
}
