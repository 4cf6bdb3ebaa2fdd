package io.pgqueuer.spring.internal.payload;

import io.pgqueuer.spring.PayloadCodecs;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnSingleCandidate;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.json.JsonMapper;

/**
 * Where the codecs of payloads come from, to be tried in this order: the application's mapper of Jackson 3 or 2, otherwise a
 * mapper of our own.
 */
public final class PayloadCodecsConfigurations {
    private PayloadCodecsConfigurations() {}

    @Configuration(proxyBeanMethods = false)
    @ConditionalOnClass(JsonMapper.class)
    @ConditionalOnSingleCandidate(JsonMapper.class)
    @ConditionalOnMissingBean(PayloadCodecs.class)
    public static class MapperOfJackson3 {
        @Bean
        PayloadCodecs pgqueuerPayloadCodecs(JsonMapper mapper) {
            return new Jackson3PayloadCodecs(mapper);
        }
    }

    @Configuration(proxyBeanMethods = false)
    @ConditionalOnClass(com.fasterxml.jackson.databind.ObjectMapper.class)
    @ConditionalOnSingleCandidate(com.fasterxml.jackson.databind.ObjectMapper.class)
    @ConditionalOnMissingBean(PayloadCodecs.class)
    public static class MapperOfJackson2 {
        @Bean
        PayloadCodecs pgqueuerPayloadCodecs(com.fasterxml.jackson.databind.ObjectMapper mapper) {
            return new Jackson2PayloadCodecs(mapper);
        }
    }

    @Configuration(proxyBeanMethods = false)
    @ConditionalOnClass(JsonMapper.class)
    @ConditionalOnMissingBean(PayloadCodecs.class)
    public static class OwnJackson3 {
        @Bean
        PayloadCodecs pgqueuerPayloadCodecs() {
            return new Jackson3PayloadCodecs(JsonMapper.builder()
                    .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
                    .build());
        }
    }

    @Configuration(proxyBeanMethods = false)
    @ConditionalOnClass(com.fasterxml.jackson.databind.ObjectMapper.class)
    @ConditionalOnMissingBean(PayloadCodecs.class)
    public static class OwnJackson2 {
        @Bean
        PayloadCodecs pgqueuerPayloadCodecs() {
            return new Jackson2PayloadCodecs(new com.fasterxml.jackson.databind.ObjectMapper()
                    .disable(com.fasterxml.jackson.databind.DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES));
        }
    }

    @Configuration(proxyBeanMethods = false)
    @ConditionalOnMissingBean(PayloadCodecs.class)
    public static class NoJackson {
        @Bean
        PayloadCodecs pgqueuerPayloadCodecs() {
            return new NoPayloadCodecs();
        }
    }
}
