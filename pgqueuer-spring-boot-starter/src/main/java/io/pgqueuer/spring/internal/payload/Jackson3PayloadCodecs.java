package io.pgqueuer.spring.internal.payload;

import io.pgqueuer.java.Jackson3Codec;
import io.pgqueuer.java.PayloadCodec;
import io.pgqueuer.spring.PayloadCodecs;
import java.lang.reflect.Type;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.ObjectMapper;

/** JSON by Jackson 3. */
record Jackson3PayloadCodecs(ObjectMapper mapper) implements PayloadCodecs {
    @Override
    public PayloadCodec<?> codecOf(Type type) {
        return Jackson3Codec.of(mapper, new TypeReference<Object>() {
            @Override
            public Type getType() {
                return type;
            }
        });
    }
}
