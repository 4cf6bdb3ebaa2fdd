package io.pgqueuer.spring.internal.schema;

import io.pgqueuer.SchemaException;
import io.pgqueuer.StoreUnavailableException;
import io.pgqueuer.java.Backend;
import io.pgqueuer.java.SchemaManager;
import io.pgqueuer.java.SchemaMode;
import io.pgqueuer.spring.internal.start.StartException;
import java.util.concurrent.CompletionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.InitializingBean;

/** Checks, installs or upgrades the tables of the queue while the application starts. */
public final class QueueSchema implements InitializingBean {
    private static final Logger log = LoggerFactory.getLogger(QueueSchema.class);

    private final SchemaManager schema;
    private final SchemaMode mode;

    public QueueSchema(Backend backend, SchemaMode mode) {
        this.schema = backend.schema();
        this.mode = mode;
    }

    @Override
    public void afterPropertiesSet() {
        try {
            schema.prepare(mode).join().forEach(difference -> log.warn("{}", difference));
        } catch (CompletionException e) {
            if (e.getCause() instanceof SchemaException cause) {
                throw new StartException("the queue is not ready: " + cause.getMessage(), fix(), cause);
            }
            if (e.getCause() instanceof StoreUnavailableException cause) {
                throw new StartException(
                        "the tables of the queue cannot be checked: " + cause.getMessage(),
                        "let the application reach the database, or set pgqueuer.schema-mode=none to start without the check",
                        cause);
            }
            throw e;
        }
    }

    private String fix() {
        var byHand = "run \"pgq install\" or \"pgq upgrade\" on its database, or apply what \"pgq sql install\" prints";
        return switch (mode) {
            case VALIDATE -> byHand + "; or let the application do it: pgqueuer.schema-mode=install or upgrade";
            case INSTALL -> byHand + "; or let the application do it: pgqueuer.schema-mode=upgrade";
            case NONE, UPGRADE -> byHand;
        };
    }
}
