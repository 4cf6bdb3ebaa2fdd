package io.pgqueuer.spring.internal.transaction;

import javax.sql.DataSource;
import org.springframework.jdbc.datasource.DelegatingDataSource;

/** Looks behind the data sources with which Spring wraps others. */
public final class DataSources {
    private DataSources() {}

    /** Returns the data source behind Spring's proxies: one that is aware of transactions, or lazy. */
    public static DataSource target(DataSource dataSource) {
        var target = dataSource;
        while (target instanceof DelegatingDataSource proxy && proxy.getTargetDataSource() != null) {
            target = proxy.getTargetDataSource();
        }
        return target;
    }
}
