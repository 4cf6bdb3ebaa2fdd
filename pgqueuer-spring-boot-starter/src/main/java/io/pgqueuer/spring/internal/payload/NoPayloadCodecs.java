package io.pgqueuer.spring.internal.payload;

import io.pgqueuer.java.PayloadCodec;
import io.pgqueuer.spring.PayloadCodecs;
import java.lang.reflect.Type;

/** Knows no type, as there is no Jackson. */
final class NoPayloadCodecs implements PayloadCodecs {
    @Override
    public PayloadCodec<?> codecOf(Type type) {
        throw new IllegalArgumentException("there is no codec for payloads of type " + type.getTypeName()
                + "; add spring-boot-starter-jackson, or define a bean of type PayloadCodecs");
    }
}
