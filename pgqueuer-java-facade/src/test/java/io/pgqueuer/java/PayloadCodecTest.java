package io.pgqueuer.java;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class PayloadCodecTest {
    record Receipt(long orderId, String email) {}

    private static final Receipt RECEIPT = new Receipt(42, "ann@example.org");

    @Test
    void textGoesThroughUtf8AndOtherBytesAreRefused() throws Exception {
        var codec = PayloadCodec.utf8();

        assertEquals("Björn", codec.decode(codec.encode("Björn")));
        assertThrows(CharacterCodingException.class, () -> codec.decode(new byte[] {(byte) 0xff}));
    }

    @Test
    void recordsGoThroughJson() throws Exception {
        var codec = JacksonCodec.of(Receipt.class);

        assertArrayEquals(bytes("{\"orderId\":42,\"email\":\"ann@example.org\"}"), codec.encode(RECEIPT));
        assertEquals(RECEIPT, codec.decode(codec.encode(RECEIPT)));
    }

    @Test
    void aMapperOfTheApplicationsIsUsedAsItIsConfigured() {
        var mapper = new ObjectMapper().setPropertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE);

        assertArrayEquals(
                bytes("{\"order_id\":42,\"email\":\"ann@example.org\"}"),
                JacksonCodec.of(mapper, Receipt.class).encode(RECEIPT));
    }

    @Test
    void genericTypesKeepTheirArguments() throws Exception {
        var codec = JacksonCodec.of(new ObjectMapper(), new TypeReference<List<Receipt>>() {});

        assertEquals(List.of(RECEIPT), codec.decode(codec.encode(List.of(RECEIPT))));
    }

    @Test
    void whatIsNoValueIsRefused() {
        var codec = JacksonCodec.of(Receipt.class);

        assertThrows(IOException.class, () -> codec.decode(bytes("{")));
        assertThrows(IOException.class, () -> codec.decode(bytes("null")));
        assertThrows(IllegalArgumentException.class, () -> JacksonCodec.of(Object.class).encode(new Object()));
    }

    @Test
    void aJobTypeNamesItsEntrypointAndEncodesAtOnce() {
        var type = JobType.of("send", PayloadCodec.utf8());

        assertEquals("send", type.entrypoint());
        assertArrayEquals(bytes("x"), type.codec().encode("x"));
        assertEquals("JobType(send)", type.toString());
        var job = type.newJob("x", options -> options.priority(3));
        assertEquals("send", job.entrypoint());
        assertArrayEquals(bytes("x"), job.payload().orElseThrow());
        assertEquals(3, job.priority());
        assertEquals(0, type.newJob("x").priority());
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
