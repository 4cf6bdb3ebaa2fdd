package io.pgqueuer.spring.internal.payload;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.pgqueuer.java.JacksonCodec;
import io.pgqueuer.java.PayloadCodec;
import io.pgqueuer.spring.PayloadCodecs;
import java.lang.reflect.Type;

/** JSON by Jackson 2. */
record Jackson2PayloadCodecs(ObjectMapper mapper) implements PayloadCodecs {
    @Override
    public PayloadCodec<?> codecOf(Type type) {
        return JacksonCodec.of(mapper, new TypeReference<Object>() {
            @Override
            public Type getType() {
                return type;
            }
        });
    }
}
