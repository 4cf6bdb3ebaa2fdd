package io.pgqueuer.spring.internal.backend;

import io.pgqueuer.exposed.ExposedTransactions;
import io.pgqueuer.exposed.TransactionSource;
import io.pgqueuer.java.Backend;
import io.pgqueuer.java.BackendOptions;
import io.pgqueuer.java.PostgresSettings;
import io.pgqueuer.java.internal.JavaBackendKt;
import io.pgqueuer.spring.BackendCustomizer;
import io.pgqueuer.spring.PgQueuerProperties;
import io.pgqueuer.spring.internal.transaction.SpringTransactions;
import java.util.List;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;
import org.springframework.util.StringUtils;

/** Makes the backend from properties and customizers. */
public final class BackendFactory {
    private final PgQueuerProperties properties;
    private final List<BackendCustomizer> customizers;

    public BackendFactory(PgQueuerProperties properties, List<BackendCustomizer> customizers) {
        this.properties = properties;
        this.customizers = customizers;
    }

    /** @param dataSource the one of the queue; null if {@code pgqueuer.dsn} names its database. */
    public Backend make(@Nullable DataSource dataSource, SpringTransactions transactions) {
        var sources = List.<TransactionSource>of(transactions, ExposedTransactions.INSTANCE);
        if (dataSource != null) {
            return JavaBackendKt.postgres(dataSource, sources, this::configure);
        }
        return JavaBackendKt.postgres(settings(), sources, this::configure);
    }

    private PostgresSettings settings() {
        try {
            return PostgresSettings.parse(properties.dsn());
        } catch (IllegalArgumentException e) {
            // Without its value, which can hold a password.
            throw new InvalidConfigurationPropertyValueException("pgqueuer.dsn", "******", e.getMessage());
        }
    }

    private void configure(BackendOptions options) {
        var bytes = properties.maxPayloadSize().toBytes();
        if (bytes < 0 || bytes > Integer.MAX_VALUE) {
            throw new InvalidConfigurationPropertyValueException(
                    "pgqueuer.max-payload-size", properties.maxPayloadSize(), "It must be at least 0 and less than 2GB.");
        }
        options.maxPayloadBytes((int) bytes);
        if (StringUtils.hasLength(properties.prefix())) {
            options.prefix(properties.prefix());
        }
        if (StringUtils.hasLength(properties.schema())) {
            options.schema(properties.schema());
        }
        customizers.forEach(customizer -> customizer.customize(options));
    }
}
