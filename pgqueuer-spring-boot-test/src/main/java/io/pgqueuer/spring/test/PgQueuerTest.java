package io.pgqueuer.spring.test;

import io.pgqueuer.spring.test.internal.PgQueuerTestContextBootstrapper;
import io.pgqueuer.spring.test.internal.PgQueuerTypeExcludeFilter;
import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.test.autoconfigure.OverrideAutoConfiguration;
import org.springframework.boot.test.context.filter.annotation.TypeExcludeFilters;
import org.springframework.context.annotation.ComponentScan.Filter;
import org.springframework.core.annotation.AliasFor;
import org.springframework.core.env.Environment;
import org.springframework.test.context.BootstrapWith;
import org.springframework.test.context.TestPropertySource;
import org.springframework.test.context.junit.jupiter.SpringExtension;

/**
 * Tests the handlers of an application on a queue in memory, in virtual time. No database is needed.
 *
 * <pre>{@code
 * @PgQueuerTest
 * class RemindersTest {
 *     @Autowired TestQueue queue;
 *     @MockitoBean Mailer mailer;
 *
 *     @Test
 *     void aReminderIsSentAfterThreeDays() {
 *         queue.queue().enqueue("remind", job -> job.delay(Duration.ofDays(3)));
 *         queue.advance(Duration.ofDays(3));
 *         verify(mailer).remind();
 *         queue.assertNoFailures();
 *     }
 * }
 * }</pre>
 *
 * <p>Of the application's components, it starts those that have handlers, and those that {@link #includeFilters()} or
 * {@code @Import} name. Provide what they need as mocks. Other beans of the queue are those of the application: the
 * {@code JobQueue}, {@code PayloadCodecs} with Jackson, and {@code JobTransactions}, which complete jobs without a
 * transaction.
 *
 * <p>Handlers run when the test moves time, on its thread; see {@link io.pgqueuer.java.test.TestQueue}. The queue is empty
 * at the begin of each test method, and time goes on.
 */
@Documented
@Inherited
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.TYPE)
@BootstrapWith(PgQueuerTestContextBootstrapper.class)
@ExtendWith(SpringExtension.class)
@OverrideAutoConfiguration(enabled = false)
@TypeExcludeFilters(PgQueuerTypeExcludeFilter.class)
@ImportAutoConfiguration
@TestPropertySource(properties = "pgqueuer.worker.enabled=false")
public @interface PgQueuerTest {
    /** Properties of the {@link Environment}, as in {@code key=value}. */
    String[] properties() default {};

    /** Whether components with handlers are started; default true. Otherwise, only what the filters include is. */
    boolean useDefaultFilters() default true;

    /** Also starts the components that match. */
    Filter[] includeFilters() default {};

    /** Does not start the components that match. */
    Filter[] excludeFilters() default {};

    /** Auto-configurations that are left out. */
    @AliasFor(annotation = ImportAutoConfiguration.class, attribute = "exclude")
    Class<?>[] excludeAutoConfiguration() default {};
}
