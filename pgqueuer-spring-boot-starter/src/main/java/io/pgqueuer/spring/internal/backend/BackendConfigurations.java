package io.pgqueuer.spring.internal.backend;

import io.pgqueuer.java.Backend;
import io.pgqueuer.spring.BackendCustomizer;
import io.pgqueuer.spring.PgQueuerDataSource;
import io.pgqueuer.spring.PgQueuerProperties;
import io.pgqueuer.spring.internal.transaction.SpringTransactions;
import javax.sql.DataSource;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Where the backend comes from, to be tried in this order. */
public final class BackendConfigurations {
    private BackendConfigurations() {}

    /** The backend of Java on that of core, if the application has made the latter. */
    @Configuration(proxyBeanMethods = false)
    @ConditionalOnBean(io.pgqueuer.Backend.class)
    @ConditionalOnMissingBean(Backend.class)
    public static class JavaOnCore {
        @Bean
        Backend pgqueuerBackend(io.pgqueuer.Backend core) {
            return CoreBackendsKt.javaOn(core);
        }
    }

    /** The backend from properties, if the application has made none. */
    @Configuration(proxyBeanMethods = false)
    @ConditionalOnMissingBean({Backend.class, io.pgqueuer.Backend.class})
    public static class OnDatabase {
        @Bean
        Backend pgqueuerBackend(
                PgQueuerProperties properties,
                ObjectProvider<BackendCustomizer> customizers,
                @PgQueuerDataSource ObjectProvider<DataSource> marked,
                ObjectProvider<DataSource> dataSources) {
            var dataSource = QueueDataSource.choose(properties, marked, dataSources);
            return new BackendFactory(properties, customizers.orderedStream().toList())
                    .make(dataSource, new SpringTransactions(dataSource));
        }
    }
}
