package io.pgqueuer.spring.internal.backend;

import io.pgqueuer.spring.PgQueuerProperties;
import io.pgqueuer.spring.internal.start.StartException;
import io.pgqueuer.spring.internal.transaction.DataSources;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.jdbc.datasource.TransactionAwareDataSourceProxy;
import org.springframework.util.StringUtils;

/** Decides in which database the queue is. */
public final class QueueDataSource {
    private QueueDataSource() {}

    /**
     * Returns the data source of the queue; null if {@code pgqueuer.dsn} names its database.
     *
     * @param marked those with the qualifier for the queue.
     * @param all all that the application has.
     */
    public static @Nullable DataSource choose(
            PgQueuerProperties properties, ObjectProvider<DataSource> marked, ObjectProvider<DataSource> all) {
        if (StringUtils.hasText(properties.dsn())) {
            return null;
        }
        var chosen = marked.getIfAvailable(all::getIfUnique);
        if (chosen != null) {
            // The queue's own transactions must not run in those of the threads that call it.
            return chosen instanceof TransactionAwareDataSourceProxy ? DataSources.target(chosen) : chosen;
        }
        var count = all.stream().count();
        if (count == 0) {
            throw new StartException(
                    "the queue has no database: there is no DataSource bean, and pgqueuer.dsn is not set",
                    "set spring.datasource.url or pgqueuer.dsn, or turn the queue off by pgqueuer.enabled=false");
        }
        throw new StartException(
                "there are " + count + " DataSource beans, and none of them is the queue's",
                "mark one of them by @PgQueuerDataSource or @Primary, or set pgqueuer.dsn");
    }
}
