package io.pgqueuer.examples.documented;

import io.pgqueuer.spring.DashboardAccess;
import io.pgqueuer.web.DashboardRole;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

@Configuration(proxyBeanMethods = false)
class Access {
    @Bean
    DashboardAccess dashboardAccess() {
        return request -> request.isUserInRole("admin") ? DashboardRole.OPERATE : null;
    }
}
