package io.pgqueuer.spring.test.internal;

import io.pgqueuer.java.test.TestQueue;
import org.springframework.test.context.TestContext;
import org.springframework.test.context.TestExecutionListener;

/** Empties the queue before each test method, as contexts are shared. */
public final class ResetTestQueue implements TestExecutionListener {
    @Override
    public void beforeTestMethod(TestContext testContext) {
        if (testContext.hasApplicationContext()) {
            testContext.getApplicationContext().getBeanProvider(TestQueue.class).ifAvailable(TestQueue::reset);
        }
    }
}
